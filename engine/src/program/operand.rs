//! The kinds of operand: how each is shown, and what the verifier asks of it.

use super::symbol::Symbol;
use serde::{Deserialize, Serialize};

/// What an operand is, for the verifier, the listing and the assembler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// A register that must hold a value.
    Reads(u16),
    /// A run of registers that must hold values.
    ReadsRun(u16, u16),
    /// A register that gets a value.
    Writes(u16),
    /// A register that must hold an iteration.
    ReadsIter(u16),
    /// A register that gets an iteration.
    WritesIter(u16),
    /// A register that must hold a builder.
    ReadsBuilder(u16),
    /// A register that gets a builder.
    WritesBuilder(u16),
    /// A place in the function's code.
    Target(u32),
    /// An entry of a table of the program.
    Entry(Table, u32),
    /// A parameter of a policy.
    Param(u32, u32),
    /// Nothing to check.
    Free,
}

/// The tables of a program that operands name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// `symbols`
    Symbols,
    /// `constants`
    Constants,
    /// `types`
    Types,
    /// `functions`
    Functions,
    /// `imports`
    Imports,
    /// `externs`
    Externs,
    /// `globals`
    Globals,
    /// `kinds`
    Kinds,
    /// `indexes`
    Indexes,
    /// `shapes`
    Shapes,
    /// `rules`
    Rules,
    /// `marks`
    Marks,
}

/// An operand of an instruction.
pub trait Operand {
    /// What it is.
    fn role(&self) -> Role;
    /// As listings write it.
    fn show(&self) -> String;
    /// Sets a jump's place; nothing for the others.
    fn retarget(&mut self, _place: &dyn Fn(u32) -> u32) {}
}

macro_rules! operands {
    ($($(#[$doc:meta])* $name:ident($inner:ty) => |$it:ident| $role:expr, $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub struct $name(pub $inner);

        impl Operand for $name {
            fn role(&self) -> Role {
                let $it = self.0;
                $role
            }
            fn show(&self) -> String {
                format!(concat!($prefix, "{}"), self.0)
            }
        }
    )*};
}

operands! {
    /// A register that is read.
    Use(u16) => |r| Role::Reads(r), "r";
    /// A register that is written.
    Def(u16) => |r| Role::Writes(r), "r";
    /// An iteration that goes on.
    StepIter(u16) => |r| Role::ReadsIter(r), "i";
    /// A register that gets an iteration.
    DefIter(u16) => |r| Role::WritesIter(r), "i";
    /// A builder that is read.
    UseBuilder(u16) => |r| Role::ReadsBuilder(r), "b";
    /// A register that gets a builder.
    DefBuilder(u16) => |r| Role::WritesBuilder(r), "b";
    /// A constant.
    ConstId(u32) => |i| Role::Entry(Table::Constants, i), "const ";
    /// A run-time type.
    TypeIdx(u32) => |i| Role::Entry(Table::Types, i), "type ";
    /// A function.
    FuncId(u32) => |i| Role::Entry(Table::Functions, i), "fn ";
    /// A built-in that the program imports.
    ImportId(u32) => |i| Role::Entry(Table::Imports, i), "import ";
    /// A function of the host.
    ExternId(u32) => |i| Role::Entry(Table::Externs, i), "extern ";
    /// A module-level value.
    GlobalId(u32) => |i| Role::Entry(Table::Globals, i), "global ";
    /// A set of kinds.
    KindsId(u32) => |i| Role::Entry(Table::Kinds, i), "kinds ";
    /// An equality index.
    IndexId(u32) => |i| Role::Entry(Table::Indexes, i), "index ";
    /// A shape of records.
    ShapeId(u16) => |i| Role::Entry(Table::Shapes, u32::from(i)), "shape ";
    /// A rule.
    RuleId(u32) => |i| Role::Entry(Table::Rules, i), "rule ";
    /// A clause or branch.
    MarkId(u32) => |i| Role::Entry(Table::Marks, i), "mark ";
}

/// A run of registers that are read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct UseRun {
    /// The first.
    pub first: u16,
    /// How many.
    pub len: u16,
}

impl Operand for UseRun {
    fn role(&self) -> Role {
        Role::ReadsRun(self.first, self.len)
    }
    fn show(&self) -> String {
        format!("r{}..{}", self.first, u32::from(self.first).saturating_add(u32::from(self.len)))
    }
}

/// A place in the function's code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Jump(pub u32);

impl Operand for Jump {
    fn role(&self) -> Role {
        Role::Target(self.0)
    }
    fn show(&self) -> String {
        format!("@{}", self.0)
    }
    fn retarget(&mut self, place: &dyn Fn(u32) -> u32) {
        self.0 = place(self.0);
    }
}

/// A field's name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Sym(pub u32);

impl Sym {
    /// The symbol.
    #[must_use]
    pub fn symbol(self) -> Symbol {
        Symbol(self.0)
    }
}

impl Operand for Sym {
    fn role(&self) -> Role {
        Role::Entry(Table::Symbols, self.0)
    }
    fn show(&self) -> String {
        format!("symbol {}", self.0)
    }
}

/// A parameter of a policy.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct ParamRef {
    /// The policy: an index into `Program::policies`.
    pub policy: u16,
    /// The parameter: an index into its `params`.
    pub slot: u16,
}

impl Operand for ParamRef {
    fn role(&self) -> Role {
        Role::Param(u32::from(self.policy), u32::from(self.slot))
    }
    fn show(&self) -> String {
        format!("param {}.{}", self.policy, self.slot)
    }
}

impl Operand for bool {
    fn role(&self) -> Role {
        Role::Free
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl Operand for $name {
            fn role(&self) -> Role {
                Role::Free
            }
            fn show(&self) -> String {
                match self { $($name::$variant => $text,)* }.to_owned()
            }
        }
    )*};
}

choices! {
    /// Arithmetic and joining.
    Arith {
        /// `+`
        Add = "+",
        /// `-`
        Sub = "-",
        /// `*`
        Mul = "*",
        /// `/`: gives a float
        Div = "/",
        /// `%`
        Rem = "%",
        /// `++`: lists, sets, maps
        Join = "++",
    }
    /// Comparisons.
    Compare {
        /// `==`
        Eq = "==",
        /// `!=`
        Ne = "!=",
        /// `<`
        Lt = "<",
        /// `<=`
        Le = "<=",
        /// `>`
        Gt = ">",
        /// `>=`
        Ge = ">=",
    }
    /// What is built.
    BuildKind {
        /// A list.
        List = "list",
        /// A set.
        Set = "set",
        /// A map.
        Map = "map",
    }
    /// What a fix does.
    FixKind {
        /// Sets the value at the place.
        Set = "set",
        /// Appends to the list at the place.
        Add = "add",
        /// Removes the place.
        Remove = "remove",
        /// `Set`, applied only on demand.
        UnsafeSet = "unsafe set",
        /// `Add`, applied only on demand.
        UnsafeAdd = "unsafe add",
        /// `Remove`, applied only on demand.
        UnsafeRemove = "unsafe remove",
    }
}
