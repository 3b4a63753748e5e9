//! A program made ready to run: symbols, constants and regexes as the memory wants them, built-ins by name, settings.
//!
//! It is made once for an engine and shared by all its evaluators.

use super::convert;
use crate::builtins::{self, Call};
use crate::document::{Document, NodeId};
use crate::extension::native::Native;
use crate::memory::{Heap, Memory, REQUEST_DOCS, Shape};
use crate::program::symbol::{Symbol, Symbols};
use crate::program::{Constant, KindSet, Program};
use crate::scalar::regex::Pattern;
use crate::value::{Data, DocId, HeapId, Place, Range, RecordRef, Value};
use std::sync::Arc;

/// Where a module-level value or parameter comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// Nobody gave it: null.
    Missing,
    /// A function computes it.
    Function(u32),
    /// A document of the host: an index into `Code::settings`.
    Document(u32),
    /// The value of such a document, without its places.
    Value(u32),
}

/// A policy as it is used: the first instances are the policies themselves, in order.
#[derive(Clone, Debug)]
pub(crate) struct InstanceCode {
    /// Which policy.
    pub(crate) policy: u32,
    /// Where its parameters come from.
    pub(crate) params: Vec<Source>,
    /// Its first parameter among all.
    first: usize,
}

/// A program made ready to run.
pub(crate) struct Code {
    pub(crate) program: Arc<Program>,
    pub(crate) symbols: Arc<Symbols>,
    pub(crate) shapes: Arc<Vec<Shape>>,
    pub(crate) regexes: Arc<Vec<Pattern>>,
    pub(crate) constants: Arc<Heap>,
    pub(crate) constant_values: Vec<Value>,
    pub(crate) imports: Vec<Call>,
    pub(crate) natives: Vec<Option<Arc<dyn Native>>>,
    pub(crate) global_sources: Vec<Source>,
    pub(crate) settings: Vec<Arc<Document>>,
    /// Kinds that carry a pod template: the program's and the host's.
    pub(crate) workloads: Vec<crate::program::WorkloadDef>,
    /// What each index is over.
    pub(crate) indexes: Vec<(KindSet, Vec<String>)>,
    instances: Vec<InstanceCode>,
    params: usize,
    needs: Vec<bool>,
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Code").field("bundle", &self.program.bundle).finish_non_exhaustive()
    }
}

impl Code {
    /// Makes a program ready.
    ///
    /// # Errors
    /// What this engine lacks, in words.
    pub(crate) fn new(program: Arc<Program>) -> Result<Code, String> {
        let mut symbols = Symbols::default();
        for (i, name) in program.symbols.iter().enumerate() {
            if symbols.intern(name).0 as usize != i {
                return Err(format!("the field name `{name}` stands twice in the program"));
            }
        }
        let shape = |fields: &Vec<u32>| Shape { fields: fields.iter().map(|f| Symbol(*f)).collect() };
        let regexes = program.regexes.iter().map(|r| Pattern::new(r)).collect::<Result<Vec<_>, _>>()?;
        let imports = program.imports.iter().map(|(module, name)| {
            let missing = || format!("this engine has no function `{}`", qualified(module, name));
            builtins::find(module, name).and_then(builtins::get).map(|b| b.call).ok_or_else(missing)
        });
        let imports = imports.collect::<Result<Vec<_>, _>>()?;
        let shapes = Arc::new(program.shapes.iter().map(shape).collect());
        let symbols = Arc::new(symbols);
        let regexes = Arc::new(regexes);
        let (constants, constant_values) = Pool::fill(&program, &symbols, &shapes, &regexes)?;
        let mut code = Code {
            symbols,
            shapes,
            regexes,
            constants,
            constant_values,
            imports,
            natives: program.externs.iter().map(|_| None).collect(),
            global_sources: vec![Source::Missing; program.globals.len()],
            settings: Vec::new(),
            workloads: program.workloads.clone(),
            indexes: program.indexes.iter().map(|i| index_name(&program, i)).collect::<Result<_, _>>()?,
            instances: Vec::new(),
            params: 0,
            needs: convert::needs(&program),
            program,
        };
        for policy in 0..code.program.policies.len() {
            code.add_instance(u32::try_from(policy).unwrap_or(u32::MAX));
        }
        Ok(code)
    }

    /// An empty memory over what the program brings.
    pub(super) fn memory(&self) -> Memory {
        let mut memory = Memory::default();
        memory.constants = self.constants.clone();
        memory.symbols = self.symbols.clone();
        memory.shapes = self.shapes.clone();
        memory.regexes = self.regexes.clone();
        memory
    }

    /// One more way to use a policy; its parameters have their defaults.
    pub(crate) fn add_instance(&mut self, policy: u32) -> u32 {
        let params = self.program.policies.get(policy as usize).map_or(&[][..], |p| &p.params);
        let default = |p: &crate::program::ParamDef| p.default.map_or(Source::Missing, Source::Function);
        let params: Vec<Source> = params.iter().map(default).collect();
        let first = self.params;
        self.params = first.saturating_add(params.len());
        self.instances.push(InstanceCode { policy, params, first });
        u32::try_from(self.instances.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// Sets a parameter of an instance.
    pub(crate) fn set_param(&mut self, instance: u32, slot: u16, source: Source) {
        let params = self.instances.get_mut(instance as usize).map(|i| &mut i.params);
        if let Some(place) = params.and_then(|p| p.get_mut(usize::from(slot))) {
            *place = source;
        }
    }

    /// Takes up a document of the host.
    pub(crate) fn add_setting(&mut self, document: Arc<Document>) -> u32 {
        self.settings.push(document);
        u32::try_from(self.settings.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// The policy of an instance.
    pub(crate) fn instance_policy(&self, instance: u32) -> Option<u32> {
        self.instances.get(instance as usize).map(|i| i.policy)
    }

    /// Where a parameter of an instance comes from.
    pub(crate) fn param_source(&self, instance: u32, slot: u16) -> Option<Source> {
        self.param(instance, slot).map(|(_, source, _)| source)
    }

    /// A parameter of an instance: its number among all, where it comes from, its type.
    pub(super) fn param(&self, instance: u32, slot: u16) -> Option<(usize, Source, u32)> {
        let of = self.instances.get(instance as usize)?;
        let source = *of.params.get(usize::from(slot))?;
        let def = self.program.policies.get(of.policy as usize)?.params.get(usize::from(slot))?;
        Some((of.first.checked_add(usize::from(slot))?, source, def.ty))
    }

    /// How many parameters all instances have.
    pub(super) fn param_count(&self) -> usize {
        self.params
    }

    /// The root of a document of the host.
    pub(crate) fn setting_root(&self, setting: u32) -> Place {
        Place { doc: DocId(REQUEST_DOCS.saturating_add(setting)), node: NodeId::ROOT }
    }

    /// True for a document of the host: a parameter or `data`.
    pub(super) fn is_setting(&self, doc: DocId) -> bool {
        doc.0.checked_sub(REQUEST_DOCS).is_some_and(|i| (i as usize) < self.settings.len())
    }

    /// True if a value of a document may need another form for the type.
    pub(super) fn needs_conversion(&self, ty: u32) -> bool {
        self.needs.get(ty as usize).copied().unwrap_or(false)
    }
}

fn index_name(program: &Program, index: &crate::program::IndexDef) -> Result<(KindSet, Vec<String>), String> {
    let kinds = program.kinds.get(index.kinds as usize).ok_or("an index over kinds that are not there")?;
    let path = index.path.iter().map(|s| program.symbols.get(*s as usize).cloned());
    Ok((kinds.clone(), path.collect::<Option<_>>().ok_or("an index over a field that is not there")?))
}

fn qualified(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}.{name}") }
}

/// Constants as they are laid out.
struct Pool {
    memory: Memory,
    values: Vec<Value>,
}

impl Pool {
    fn fill(
        program: &Program,
        symbols: &Arc<Symbols>,
        shapes: &Arc<Vec<Shape>>,
        regexes: &Arc<Vec<Pattern>>,
    ) -> Result<(Arc<Heap>, Vec<Value>), String> {
        let mut memory = Memory::default();
        memory.symbols = symbols.clone();
        memory.shapes = shapes.clone();
        memory.regexes = regexes.clone();
        let mut pool = Pool { memory, values: Vec::with_capacity(program.constants.len()) };
        for constant in &program.constants {
            let value = pool.value(constant)?;
            pool.values.push(value);
        }
        Ok((pool.memory.constants, pool.values))
    }

    fn value(&mut self, constant: &Constant) -> Result<Value, String> {
        let data = match constant {
            Constant::Null => Data::Null,
            Constant::Bool(b) => Data::Bool(*b),
            Constant::Int(i) => Data::Int(*i),
            Constant::Float(f) => Data::Float(*f),
            Constant::Duration(d) => Data::Duration(*d),
            Constant::Regex(r) => Data::Regex(*r),
            Constant::Str(text) => Data::Str(self.heap().push_text(HeapId::Const, text)),
            Constant::Scalar(kind, text) => {
                return match kind {
                    crate::scalar::ScalarKind::Duration => {
                        crate::scalar::duration::parse(text).map(|d| Value::of(Data::Duration(d)))
                    }
                    _ => self.heap().push_scalar(HeapId::Const, *kind, text),
                };
            }
            Constant::List(items) => Data::List(self.run(items.iter().copied())?),
            Constant::Set(items) => Data::Set(self.set(items)?),
            Constant::Map(pairs) => Data::Map(self.map(pairs)?),
            Constant::Record(shape, values) => {
                let Range { heap, start, .. } = self.run(values.iter().copied())?;
                Data::Record(RecordRef { heap, shape: *shape, start })
            }
        };
        Ok(Value::of(data))
    }

    fn heap(&mut self) -> &mut Heap {
        Arc::make_mut(&mut self.memory.constants)
    }

    fn get(&self, id: u32) -> Result<Value, String> {
        self.values.get(id as usize).copied().ok_or_else(|| "a constant names a later one".to_owned())
    }

    fn run(&mut self, ids: impl Iterator<Item = u32>) -> Result<Range, String> {
        let values = ids.map(|id| self.get(id)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.push(&values))
    }

    fn push(&mut self, values: &[Value]) -> Range {
        let heap = self.heap();
        let start = u32::try_from(heap.values.len()).unwrap_or(u32::MAX);
        heap.values.extend_from_slice(values);
        Range { heap: HeapId::Const, start, len: u32::try_from(values.len()).unwrap_or(0) }
    }

    fn set(&mut self, ids: &[u32]) -> Result<Range, String> {
        let mut values = ids.iter().map(|id| self.get(*id)).collect::<Result<Vec<_>, _>>()?;
        self.memory.sort_values(&mut values).map_err(|e| e.to_string())?;
        let memory = &self.memory;
        values.dedup_by(|later, kept| memory.equal(*kept, *later).unwrap_or(false));
        Ok(self.push(&values))
    }

    fn map(&mut self, ids: &[(u32, u32)]) -> Result<Range, String> {
        let pairs = ids.iter().map(|(k, v)| Ok((self.get(*k)?, self.get(*v)?)));
        let mut pairs = pairs.collect::<Result<Vec<_>, String>>()?;
        pairs.retain(|(_, v)| !v.is_null());
        self.memory.sort_pairs(&mut pairs).map_err(|e| e.to_string())?;
        let twice = pairs.windows(2).any(|w| match w {
            [(a, _), (b, _)] => self.memory.equal(*a, *b).unwrap_or(false),
            _ => false,
        });
        if twice {
            return Err("a constant map has a key twice".into());
        }
        let values: Vec<Value> = pairs.into_iter().flat_map(|(k, v)| [k, v]).collect();
        Ok(self.push(&values))
    }
}
