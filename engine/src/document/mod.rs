//! Input bytes → [`Document`]: an arena of nodes with positions.
//!
//! [`read`](read()) turns the bytes of a file into its documents and its errors; [`objects`] and [`admission`] say which
//! of their nodes are to be judged. Documents also come from `serde_json` values and any `serde::Serialize`.

mod build;
pub mod comments;
pub mod edit;
pub mod error;
mod json;
mod merge;
pub mod node;
mod overlay;
pub mod pointer;
pub mod position;
pub mod read;
mod resolve;
mod subjects;
mod template;
mod typed;
mod yaml;

pub use comments::{Comments, IgnoreComment, comments};
pub use edit::{Edit, Refusal, edit, edit_together};
pub use error::{Fault, InputError, InputErrorKind};
pub use node::{Document, Node, NodeId, SourceText, Tag, flags};
pub use overlay::Additions;
pub use pointer::Nearest;
pub use position::Position;
pub use read::{
    Admission, Format, Limits, ReadOptions, ReadResult, Root, admission, is_review, objects, read, read_text,
};
pub use subjects::subjects;
