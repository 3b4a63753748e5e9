//! Writes a template anew, section by section.

use super::survey::Survey;
use super::{BUNDLE_COPY, BUNDLE_LEN, EmbedError, EmbedOptions, MODULE};
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataCountSection, DataSection, ElementSection, Encode, EntityType,
    ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection, MemorySection,
    Module, Section, StartSection, TableSection, TypeSection, ValType,
};
use wasmparser::{BinaryReader, CodeSectionReader, Parser, Payload};

/// New places of functions: those that get at the bundle are the first that are not imported.
struct Places {
    len: u32,
    copy: u32,
    imported: u32,
}

impl Reencode for Places {
    type Error = Infallible;

    fn function_index(&mut self, old: u32) -> Result<u32, Error<Infallible>> {
        let kept = self.imported.saturating_sub(2);
        let before = u32::from(self.len < old).saturating_add(u32::from(self.copy < old));
        Ok(match old {
            _ if old == self.len => kept,
            _ if old == self.copy => kept.saturating_add(1),
            _ if old < self.imported => old.saturating_sub(before),
            _ => old,
        })
    }
}

/// The sections that a template may have, in the order of a module.
#[derive(Default)]
struct Sections {
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,
    tables: TableSection,
    memories: MemorySection,
    globals: GlobalSection,
    exports: ExportSection,
    elements: ElementSection,
    code: CodeSection,
    customs: Vec<u8>,
}

/// The module with the bundle.
pub(super) fn write(
    template: &[u8],
    bundle: &[u8],
    survey: &Survey<'_>,
    options: &EmbedOptions,
) -> Result<Vec<u8>, EmbedError> {
    let mut sections = Sections::default();
    let mut places = Places { len: survey.bundle_len.index, copy: survey.bundle_copy.index, imported: survey.imported };
    sections.functions.function(survey.bundle_len.ty).function(survey.bundle_copy.ty);
    let segment = u32::try_from(survey.data.len()).map_err(|_| EmbedError::Large(bundle.len()))?;
    for function in bundle_functions(bundle.len(), segment)? {
        sections.code.function(&function);
    }
    for payload in Parser::new(0).parse_all(template) {
        read(payload?, template, &mut sections, &mut places, survey, options)?;
    }
    let mut global = survey.globals;
    for (name, value) in &options.globals {
        let ty = GlobalType { val_type: ValType::I32, mutable: false, shared: false };
        sections.globals.global(ty, &ConstExpr::i32_const(*value));
        sections.exports.export(name, ExportKind::Global, global);
        global = global.saturating_add(1);
    }
    let mut start = survey.start.map(|old| places.function_index(old)).transpose()?;
    if options.grow_at_start {
        let function = start_function(survey, start)?;
        sections.types.ty().function([], []);
        sections.functions.function(survey.types);
        sections.code.function(&function);
        start = Some(survey.functions);
    }
    let mut data = DataSection::new();
    for (address, content) in &survey.data {
        match address.filter(|_| !options.grow_at_start) {
            Some(address) => data.active(0, &ConstExpr::i32_const(address), content.iter().copied()),
            None => data.passive(content.iter().copied()),
        };
    }
    data.passive(bundle.iter().copied());
    Ok(assemble(&sections, start, &data, options))
}

/// Takes over a section of the template.
fn read(
    payload: Payload<'_>,
    template: &[u8],
    to: &mut Sections,
    places: &mut Places,
    survey: &Survey<'_>,
    options: &EmbedOptions,
) -> Result<(), EmbedError> {
    match payload {
        Payload::TypeSection(section) => places.parse_type_section(&mut to.types, section)?,
        Payload::ImportSection(section) => {
            for import in section.into_imports() {
                let import = import?;
                if import.module == MODULE && [BUNDLE_LEN, BUNDLE_COPY].contains(&import.name) {
                    continue;
                }
                let mut ty = places.entity_type(import.ty)?;
                if let EntityType::Memory(memory) = &mut ty
                    && options.grow_at_start
                {
                    memory.minimum = survey.pages.unwrap_or_default().min(1);
                }
                to.imports.import(import.module, import.name, ty);
            }
        }
        Payload::FunctionSection(section) => places.parse_function_section(&mut to.functions, section)?,
        Payload::TableSection(section) => places.parse_table_section(&mut to.tables, section)?,
        Payload::MemorySection(section) => places.parse_memory_section(&mut to.memories, section)?,
        Payload::GlobalSection(section) => places.parse_global_section(&mut to.globals, section)?,
        Payload::ExportSection(section) => places.parse_export_section(&mut to.exports, section)?,
        Payload::ElementSection(section) => places.parse_element_section(&mut to.elements, section)?,
        Payload::CodeSectionStart { range, .. } => {
            let Some(bytes) = template.get(range.clone()) else {
                return Err(EmbedError::Module("the code is not where it is said to be".to_owned()));
            };
            let section = CodeSectionReader::new(BinaryReader::new(bytes, range.start))?;
            places.parse_code_section(&mut to.code, section)?;
        }
        Payload::TagSection(_) => return Err(EmbedError::Template("it has tags")),
        // Names are of no use to a host, and would be those of other places.
        Payload::CustomSection(section) if section.name() != "name" => {
            custom(&mut to.customs, section.name(), section.data());
        }
        _ => {}
    }
    Ok(())
}

/// Length and copy of the bundle.
fn bundle_functions(len: usize, segment: u32) -> Result<[Function; 2], EmbedError> {
    let length = i32::try_from(len).map_err(|_| EmbedError::Large(len))?;
    let (mut of_len, mut copy) = (Function::new([]), Function::new([]));
    of_len.instructions().i32_const(length).end();
    copy.instructions().local_get(0).i32_const(0).i32_const(length).memory_init(0, segment).end();
    Ok([of_len, copy])
}

/// Grows the memory to what the template asks for, then copies the data, then does what the template does as it starts.
fn start_function(survey: &Survey<'_>, start: Option<u32>) -> Result<Function, EmbedError> {
    let Some(pages) = survey.pages.and_then(|pages| i32::try_from(pages).ok()) else {
        return Err(EmbedError::Template("it does not import its memory"));
    };
    let mut function = Function::new([]);
    let mut code = function.instructions();
    code.memory_size(0).i32_const(pages).i32_lt_u().if_(wasm_encoder::BlockType::Empty);
    code.i32_const(pages).memory_size(0).i32_sub().memory_grow(0);
    code.i32_const(-1).i32_eq().if_(wasm_encoder::BlockType::Empty).unreachable().end().end();
    for ((address, content), segment) in survey.data.iter().zip(0u32..) {
        let length = i32::try_from(content.len()).map_err(|_| EmbedError::Large(content.len()))?;
        if let Some(address) = address {
            code.i32_const(*address).i32_const(0).i32_const(length).memory_init(0, segment).data_drop(segment);
        }
    }
    if let Some(start) = start {
        code.call(start);
    }
    code.end();
    Ok(function)
}

/// The bytes of a module of these sections.
fn assemble(sections: &Sections, start: Option<u32>, data: &DataSection, options: &EmbedOptions) -> Vec<u8> {
    let mut module = Module::new();
    module.section(&sections.types).section(&sections.imports).section(&sections.functions);
    let some: [(&dyn Section, bool); 4] = [
        (&sections.tables, sections.tables.is_empty()),
        (&sections.memories, sections.memories.is_empty()),
        (&sections.globals, sections.globals.is_empty()),
        (&sections.exports, sections.exports.is_empty()),
    ];
    for (section, _) in some.iter().filter(|(_, empty)| !empty) {
        module.section(&Raw(*section));
    }
    if let Some(function_index) = start {
        module.section(&StartSection { function_index });
    }
    if !sections.elements.is_empty() {
        module.section(&sections.elements);
    }
    module.section(&DataCountSection { count: data.len() }).section(&sections.code).section(data);
    let mut bytes = module.finish();
    bytes.extend_from_slice(&sections.customs);
    for (name, content) in &options.sections {
        custom(&mut bytes, name, content);
    }
    bytes
}

/// A section behind a reference.
struct Raw<'a>(&'a dyn Section);

impl Encode for Raw<'_> {
    fn encode(&self, sink: &mut Vec<u8>) {
        self.0.encode(sink);
    }
}

impl Section for Raw<'_> {
    fn id(&self) -> u8 {
        self.0.id()
    }
}

/// Appends a custom section.
pub(super) fn custom(to: &mut Vec<u8>, name: &str, content: &[u8]) {
    let section = CustomSection { name: name.into(), data: content.into() };
    to.push(section.id());
    section.encode(to);
}
