//! Random well-typed programs, as text, and random documents for them.
//!
//! A program comes from a seed alone. Its expressions are made by the type that their place asks for, so nearly all of
//! them pass the checker; what does not is counted, and is no case.

pub mod builtin;
pub mod document;
mod expr;
mod forms;
mod host;
mod policy;
pub mod rng;
pub mod types;
pub mod yaml;

pub use document::Documents;

use crate::differ::Case;
use crate::oracle::host::Config;
use builtin::Sig;
use rng::Rng;
use types::{Known, T};

/// Something that has a name.
#[derive(Clone, Debug)]
pub(crate) struct Var {
    /// How it is written; after narrowing, a path.
    text: String,
    /// Its type.
    ty: T,
    /// `at` may name it.
    placed: bool,
}

/// A function of the program.
#[derive(Clone, Debug)]
pub(crate) struct Func {
    name: String,
    params: Vec<T>,
    /// How many of them have no default.
    needed: usize,
    result: T,
}

/// Makes programs.
#[derive(Debug)]
pub struct Programs {
    known: Known,
    sigs: Vec<Sig>,
}

impl Default for Programs {
    fn default() -> Self {
        Self::new()
    }
}

/// A program that is being made.
pub(crate) struct Gen<'p> {
    known: &'p Known,
    sigs: &'p [Sig],
    rng: Rng,
    scope: Vec<Var>,
    functions: Vec<Func>,
    names: usize,
    /// How many `cluster(…)` are still allowed.
    clusters: usize,
    /// Whether `request` and `old` may be asked for.
    in_policy: bool,
    /// Parameters that the host may set.
    params: Vec<(String, serde_json::Value)>,
    /// Documents for `data`.
    data: Vec<(String, String)>,
    /// The parameters of each policy.
    policies: Vec<Vec<(String, T)>>,
    /// The profiles.
    profiles: Vec<String>,
}

impl Programs {
    /// Reads the schema and the table of built-in functions.
    #[must_use]
    pub fn new() -> Programs {
        Programs { known: Known::new(), sigs: builtin::all() }
    }

    /// The case of a seed.
    #[must_use]
    pub fn case(&self, seed: u64) -> Case {
        let mut generator = Gen {
            known: &self.known,
            sigs: &self.sigs,
            rng: Rng::new(seed),
            scope: Vec::new(),
            functions: Vec::new(),
            names: 0,
            clusters: 3,
            in_policy: false,
            params: Vec::new(),
            data: Vec::new(),
            policies: Vec::new(),
            profiles: Vec::new(),
        };
        let text = generator.program();
        let config = if seed % 5 < 2 { generator.config() } else { Config::default() };
        let (params, data) = (std::mem::take(&mut generator.params), std::mem::take(&mut generator.data));
        let mut documents = Documents::new(&self.known, seed ^ 0x5555_5555);
        let ((files, marks), requests) = (documents.files(), documents.requests());
        Case {
            sources: vec![("case.plim".into(), text)],
            files,
            params,
            complete: seed.is_multiple_of(3),
            data,
            requests,
            marks,
            config,
        }
    }
}

impl Gen<'_> {
    /// A name that nothing has yet.
    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        format!("{kind}{}", self.names)
    }

    /// Brings a variable into scope, and the fields of a record.
    fn bind(&mut self, text: String, ty: T, placed: bool) {
        if let T::Rec(fields) = &ty {
            for (name, ty) in fields.iter() {
                self.scope.push(Var { text: format!("{text}.{name}"), ty: ty.clone(), placed });
            }
        }
        self.scope.push(Var { text, ty, placed });
    }
}
