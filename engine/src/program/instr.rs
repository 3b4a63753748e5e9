//! The instruction set, as one table.
//!
//! Each row gives an instruction its operands and its fuel; the operand kinds (`operand.rs`) carry what each stage needs
//! to know of them: how they are shown and what the verifier asks. The enumeration, the listing and the verifier's view
//! are expansions of this table, so no instruction can be added that is not verified.

use super::operand::{
    Arith, BuildKind, Compare, ConstId, Def, DefBuilder, DefIter, ExternId, FixKind, FuncId, GlobalId, ImportId,
    IndexId, Jump, KindsId, MarkId, Operand, ParamRef, RuleId, ShapeId, StepIter, Sym, TypeIdx, Use, UseBuilder,
    UseRun,
};
use serde::{Deserialize, Serialize};

/// Calls `$apply!` with the table.
macro_rules! for_each_instr {
    ($apply:ident) => {
        $apply! {
            /// `dst` is a copy of `src`. Reading a poisoned register raises its error (so it is for every `Use`).
            Move { src: Use, dst: Def } fuel 1;
            /// `dst` is a constant.
            Const { value: ConstId, dst: Def } fuel 1;
            /// `dst` is field `key` of `src`: null where `src` is null or the field is missing.
            Field { src: Use, key: Sym, dst: Def } fuel 1;
            /// As `Field`, but a missing field of a node that is there is an input error (E0806).
            Required { src: Use, key: Sym, dst: Def } fuel 1;
            /// `dst` is `src[index]`: null outside and where `src` is null.
            Index { src: Use, index: Use, dst: Def } fuel 2;
            /// `dst` is true if `src` is false.
            Not { src: Use, dst: Def } fuel 1;
            /// `dst` is minus `src`.
            Neg { src: Use, dst: Def } fuel 1;
            /// `dst` is `left op right`, by the kinds of the values.
            Arith { op: Arith, left: Use, right: Use, dst: Def } fuel 2;
            /// `dst` is the truth of `left op right`; equality is structural, null equals null.
            Compare { op: Compare, left: Use, right: Use, dst: Def } fuel 2;
            /// `dst` is true if `item` is in `of`: a list, set, keys of a map, ip or cidr in cidr; null is empty.
            In { item: Use, of: Use, dst: Def } fuel 2;
            /// `dst` is true if the regular expression `pattern` finds a part of `text`.
            Matches { text: Use, pattern: Use, dst: Def } fuel 4;
            /// `dst` is true if the whole of `text` fits the glob `pattern`.
            Like { text: Use, pattern: Use, dst: Def } fuel 4;
            /// `dst` is true if `src` is of a type.
            Is { src: Use, ty: TypeIdx, dst: Def } fuel 2;
            /// `dst` is `src` as a type: scalars are parsed out of text, ints become floats, null stays null; place kept.
            Convert { src: Use, ty: TypeIdx, dst: Def } fuel 2;
            /// Goes on at `to`.
            Jump { to: Jump } fuel 1;
            /// Goes on at `to` if `cond` is true; anything but a bool is an error.
            JumpIf { cond: Use, to: Jump } fuel 1;
            /// Goes on at `to` if `cond` is false; anything but a bool is an error.
            JumpUnless { cond: Use, to: Jump } fuel 1;
            /// Goes on at `to` if `src` is null.
            JumpIfNull { src: Use, to: Jump } fuel 1;
            /// Goes on at `to` if `src` is not null.
            JumpIfSome { src: Use, to: Jump } fuel 1;
            /// Begins an iteration over `src` (list, set, map, record, document node; null is empty).
            Iter { src: Use, dst: DefIter } fuel 2;
            /// The next element into `value` (a map's key), or on at `end`.
            Next { iter: StepIter, value: Def, end: Jump } fuel 1;
            /// The next index (or key) and value, or on at `end`.
            NextPair { iter: StepIter, key: Def, value: Def, end: Jump } fuel 1;
            /// `dst` is the list of all objects of the kinds in the inventory (as it was before the request if `before`).
            Cluster { kinds: KindsId, before: bool, dst: Def } fuel 4;
            /// `dst` is the list of the objects in an equality index under `key` (null and the empty text are one key, so the
            /// condition has still to be asked).
            Lookup { index: IndexId, key: Use, dst: Def } fuel 4;
            /// `dst` is true if the host vouches that it gave every object of the kinds.
            Complete { kinds: KindsId, dst: Def } fuel 1;
            /// Begins a list, set or map.
            Build { kind: BuildKind, dst: DefBuilder } fuel 2;
            /// Adds a value to a list or set.
            Push { builder: UseBuilder, value: Use } fuel 1;
            /// Adds an entry to a map.
            PushPair { builder: UseBuilder, key: Use, value: Use } fuel 1;
            /// `dst` is what was built; equal keys of a map are joined, or an error (E0804).
            Finish { builder: UseBuilder, dst: Def } fuel 2;
            /// `dst` is a record of the values in a run of registers.
            Record { shape: ShapeId, values: UseRun, dst: Def } fuel 2;
            /// `dst` is the joined text of a run of registers.
            Text { parts: UseRun, dst: Def } fuel 2;
            /// Calls a function with a run of registers.
            Call { function: FuncId, args: UseRun, dst: Def } fuel 4;
            /// Calls a built-in with a run of registers.
            Builtin { import: ImportId, args: UseRun, dst: Def } fuel 2;
            /// Calls a function of the host with a run of registers.
            Extern { function: ExternId, args: UseRun, dst: Def } fuel 16;
            /// `dst` is `src` and every node below it through `key` (a value or a list of values), in document order.
            Descend { src: Use, key: Sym, dst: Def } fuel 4;
            /// `dst` is a module-level value, computed at its first use and then kept.
            Global { global: GlobalId, dst: Def } fuel 1;
            /// `dst` is a parameter of a policy, as the instance at hand sets it.
            Param { param: ParamRef, dst: Def } fuel 1;
            /// `dst` is the object under review.
            Object { dst: Def } fuel 1;
            /// `dst` is the admission request, or null.
            Request { dst: Def } fuel 1;
            /// `dst` is the object before the request, or null.
            Old { dst: Def } fuel 1;
            /// Ends the function with a value.
            Return { src: Use } fuel 1;
            /// Ends the plan.
            End {} fuel 1;
            /// `dst` is the place `key` below the place of `src`, also where it is missing; null where `src` has no place.
            PlaceField { src: Use, key: Sym, dst: Def } fuel 1;
            /// `dst` is the place `index` (an int, or the text of a key) below the place of `src`, also where it is missing.
            PlaceIndex { src: Use, index: Use, dst: Def } fuel 1;
            /// Goes on at `to` if `src` is a place that is there (its node exists and is not null).
            JumpIfPlace { src: Use, to: Jump } fuel 1;
            /// Goes on at `to` if `src` is a place that is there, in a document that is looked at (not in `data`).
            JumpIfScope { src: Use, to: Jump } fuel 1;
            /// The policy of `rule` does not apply to the object, for a reason; code goes on behind (the compiler jumps to
            /// the policy's end).
            Skip { rule: RuleId, reason: Use } fuel 2;
            /// Adds a step to the fix of the next finding; `place` null: the finding's own place. `value` is null for `Remove`.
            Fix { kind: FixKind, value: Use, place: Use } fuel 2;
            /// Reports a finding. The run holds: message, place (null: `scope`), scope (innermost document node), related
            /// (null, a value or a list), action (text or null: the rule's), severity (text or null: the rule's); and, where the
            /// rule computes some, references (a map of lists of texts).
            Report { rule: RuleId, parts: UseRun } fuel 8;
            /// The code of a clause or branch begins here (only in programs that were compiled to be traced).
            Mark { mark: MarkId } fuel 0;
            /// A comprehension or match that the checker holds to be exhaustive was not.
            NoArm { src: Use } fuel 1;
        }
    };
}

/// Makes the enumeration.
macro_rules! define {
    ($($(#[$doc:meta])* $name:ident { $($field:ident : $kind:ty),* } fuel $fuel:literal;)*) => {
        /// One instruction. Registers are those of the function's frame.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
        pub enum Instr {
            $($(#[$doc])* $name { $(
                #[doc = concat!("See the row `", stringify!($name), "`.")]
                $field: $kind,
            )* },)*
        }

        impl Instr {
            /// Its name in listings.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $(Instr::$name { .. } => stringify!($name),)* }
            }

            /// What it costs, apart from the sizes that it touches.
            #[must_use]
            #[inline]
            pub fn fuel(&self) -> u64 {
                match self { $(Instr::$name { .. } => $fuel,)* }
            }

            /// Its operands, in the order of the row, with their names.
            pub fn operands(&self, visit: &mut dyn FnMut(&'static str, &dyn Operand)) {
                match self { $(Instr::$name { $($field),* } => { $(visit(stringify!($field), $field);)* })* }
            }

            /// Its operands, to be changed (jumps are set when labels are known).
            pub fn operands_mut(&mut self, visit: &mut dyn FnMut(&mut dyn Operand)) {
                match self { $(Instr::$name { $($field),* } => { $(visit($field);)* })* }
            }
        }

        /// Name, operands as text, fuel and meaning of every row, for the documentation.
        pub const ROWS: &[Row] = &[$(Row {
            name: stringify!($name),
            operands: &[$((stringify!($field), stringify!($kind)),)*],
            fuel: $fuel,
        },)*];
    };
}

/// A row of the instruction table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The instruction.
    pub name: &'static str,
    /// Operands and their kinds.
    pub operands: &'static [(&'static str, &'static str)],
    /// Its fuel.
    pub fuel: u64,
}

for_each_instr!(define);
