//! Values over documents and heaps.
