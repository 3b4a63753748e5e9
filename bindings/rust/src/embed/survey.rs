//! What has to be known of a template before it can be written anew.

use super::{BUNDLE_COPY, BUNDLE_LEN, EmbedError, MODULE};
use wasmparser::{CompositeInnerType, DataKind, Operator, Parser, Payload, TypeRef, ValType};

/// A function that is imported to get at the bundle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Import {
    /// Its index.
    pub(super) index: u32,
    /// The index of its type.
    pub(super) ty: u32,
}

/// The template at a glance.
#[derive(Debug)]
pub(super) struct Survey<'a> {
    pub(super) bundle_len: Import,
    pub(super) bundle_copy: Import,
    /// Functions that are imported.
    pub(super) imported: u32,
    /// All functions.
    pub(super) functions: u32,
    pub(super) types: u32,
    /// Globals, imported or not.
    pub(super) globals: u32,
    /// The least pages of an imported memory.
    pub(super) pages: Option<u64>,
    /// The data segments: address, unless passive, and content.
    pub(super) data: Vec<(Option<i32>, &'a [u8])>,
    pub(super) start: Option<u32>,
}

impl<'a> Survey<'a> {
    /// Looks at a template.
    pub(super) fn of(template: &'a [u8]) -> Result<Survey<'a>, EmbedError> {
        let (mut len, mut copy) = (None, None);
        let mut signatures = Vec::new();
        let mut survey = Survey {
            bundle_len: Import { index: 0, ty: 0 },
            bundle_copy: Import { index: 0, ty: 0 },
            imported: 0,
            functions: 0,
            types: 0,
            globals: 0,
            pages: None,
            data: Vec::new(),
            start: None,
        };
        for payload in Parser::new(0).parse_all(template) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        for ty in group?.types() {
                            signatures.push(match &ty.composite_type.inner {
                                CompositeInnerType::Func(f) => Some((f.params().to_vec(), f.results().to_vec())),
                                _ => None,
                            });
                            survey.types = survey.types.saturating_add(1);
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        match import.ty {
                            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                                let it = Import { index: survey.imported, ty };
                                match (import.module, import.name) {
                                    (MODULE, BUNDLE_LEN) => len = Some(it),
                                    (MODULE, BUNDLE_COPY) => copy = Some(it),
                                    _ => {}
                                }
                                survey.imported = survey.imported.saturating_add(1);
                            }
                            TypeRef::Global(_) => survey.globals = survey.globals.saturating_add(1),
                            TypeRef::Memory(memory) => survey.pages = Some(memory.initial),
                            _ => {}
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    survey.functions = section.count();
                }
                Payload::GlobalSection(section) => survey.globals = survey.globals.saturating_add(section.count()),
                Payload::StartSection { func, .. } => survey.start = Some(func),
                Payload::DataSection(section) => {
                    for datum in section {
                        let datum = datum?;
                        survey.data.push((address(&datum.kind)?, datum.data));
                    }
                }
                _ => {}
            }
        }
        let signature = |import: Option<Import>, params: &[ValType], results: &[ValType]| {
            let found = import.and_then(|i| signatures.get(usize::try_from(i.ty).ok()?)?.as_ref());
            found.is_some_and(|(p, r)| p == params && r == results)
        };
        let right = signature(len, &[], &[ValType::I32]) && signature(copy, &[ValType::I32], &[]);
        let (true, Some(len), Some(copy)) = (right, len, copy) else {
            return Err(EmbedError::Template("it does not import `plimsoll.bundle_len` and `plimsoll.bundle_copy`"));
        };
        survey.functions = survey.functions.saturating_add(survey.imported);
        Ok(Survey { bundle_len: len, bundle_copy: copy, ..survey })
    }
}

/// The address of an active segment of the first memory; nothing for a passive one.
fn address(kind: &DataKind<'_>) -> Result<Option<i32>, EmbedError> {
    let DataKind::Active { memory_index, offset_expr } = kind else { return Ok(None) };
    let mut operators = offset_expr.get_operators_reader();
    match (memory_index, operators.read()?, operators.read()?) {
        (0, Operator::I32Const { value }, Operator::End) => Ok(Some(value)),
        _ => Err(EmbedError::Template("a data segment has no constant address")),
    }
}
