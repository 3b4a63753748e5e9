//! Input bytes → [`Document`]: an arena of nodes with positions.

pub mod node;

pub use node::{Document, Node, NodeId, SourceText, Tag, flags};
