//! Types as messages show them.
use super::{Decl, Ty};
use crate::schema::Schema;
/// STUB
pub fn show_ty(ty: &Ty, schema: &Schema, decls: &[Decl]) -> String { let _ = (schema, decls); format!("{ty:?}") }
