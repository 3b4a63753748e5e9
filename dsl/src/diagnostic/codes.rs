//! The table of codes. One line here and one text in `explain/` is all that a new code needs.
//!
//! Codes are never reused. E01 syntax, E02 names, E03 types, E04 policies, paths and fixes, E05 schemas and data, E06
//! bundles; W lints. (E07 inputs, E08 evaluation and E09 limits are the engine's.)

/// Makes the enumeration, its texts and the table from one list.
macro_rules! codes {
    ($($code:ident $name:ident $title:literal)*) => {
        /// A stable code of a diagnostic.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// `E0302`
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Code::$name => stringify!($code),)* }
            }

            /// What the code means, in one line.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// The long text of `plimsoll explain`.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("explain/", stringify!($code), ".md")),)* }
            }
        }
    };
}

codes! {
    E0101 Syntax "the text cannot be read here"
    E0102 Nesting "an expression or a type is nested too deeply"
    E0103 SourceSize "a source text is too long"
    E0104 Unclosed "a string, a bracket or a hole is not closed, or closed twice"
    E0105 Escape "a string holds something that has no meaning in it"
    E0106 Number "a number cannot be read or does not fit its type"
    E0107 ReservedWord "a reserved word stands where a name is expected"
    E0108 Chain "operators stand together that need parentheses"
    E0109 Foreign "a form of another language"
    E0110 Order "something stands in the wrong place of its file, policy or rule"
    E0111 ConditionalClause "a clause that reads like a conditional expression"
    E0112 MissingReturn "a block does not end with `return`"
    E0113 MissingType "a function, parameter or data document has no type"
    E0114 MissingPart "a declaration lacks a part that it must have"
    E0201 UnknownName "a variable is not known"
    E0202 UnknownFunction "a function is not known"
    E0203 UnknownModule "a module is not known"
    E0204 UnknownItem "a module does not have an item"
    E0205 PrivateName "a private name of another module is used"
    E0206 DuplicateName "one name is declared twice"
    E0207 ModulePath "the name of a module and its path do not agree"
    E0208 ImportCycle "modules import each other in a circle"
    E0209 UnknownType "a type or kind is not known"
    E0210 AmbiguousKind "a kind's name belongs to several groups"
    E0211 Recursion "a function calls itself"
    E0212 CircularValue "a value is computed from itself"
    E0213 UnknownPolicy "a policy or profile is not known"
    E0214 UnknownParam "a parameter or data document is not known"
    E0215 NotAValue "a function or module is used as a value"
    E0216 NotAFunction "a value is called"
    E0217 OtherRule "a name belongs to an earlier rule"
    E0218 NotHere "a name is known elsewhere, but not here"
    E0301 WrongType "a value has another type than its place asks for"
    E0302 UnknownField "a path names a field that its type does not have"
    E0303 NoFields "a value has no fields"
    E0304 MayBeNull "a value that may be absent stands where one is needed"
    E0305 NotACondition "a condition is not true or false"
    E0306 NeverEqual "a comparison can never be true"
    E0307 WrongOperand "an operator does not take such values"
    E0308 WrongArguments "a call has too many or too few arguments"
    E0309 NotIterable "a value cannot be gone through"
    E0310 NoIndex "a value cannot be indexed"
    E0311 BadKey "a value cannot be a key or the member of a set"
    E0312 NeedsType "nothing says what `{}` is"
    E0313 NotExhaustive "a `match` does not cover every value"
    E0314 NeverReached "a pattern or test can never hold"
    E0315 BadConstant "a constant text is not of its kind"
    E0316 MissingField "a record lacks a field"
    E0317 KeyTwice "a field or key is given twice"
    E0318 NoSortKey "a sort key stands where nothing is sorted"
    E0319 EndlessType "a type stands for itself"
    E0320 ComputedField "the name of a field is computed"
    E0321 TooDeep "types, defaults or calls depend on each other over too many steps"
    E0401 PolicyPart "a policy lacks a part"
    E0402 PartTwice "a part of a policy is given twice"
    E0403 BadId "an id has another form than `POD-01`"
    E0404 DuplicatePolicy "two policies have one id"
    E0405 BadHeader "a line of a policy's header says something it cannot"
    E0406 BadOn "`on` names something that cannot be looked at"
    E0407 NotAKind "a type is no kind of object"
    E0408 BadFix "a fix does not fit its place"
    E0409 PolicyName "a policy has the name of a member of tests"
    E0410 NotConstant "a value is needed before any object is judged"
    E0501 CrdShape "a file given as a CustomResourceDefinition is not one"
    E0502 CrdSchema "the schema in a CustomResourceDefinition cannot be read"
    E0503 CrdDepth "the schema in a CustomResourceDefinition nests too deep"
    E0504 CrdTwice "a kind is defined twice in different ways"
    E0601 BadTest "a member of a test says something it cannot"
    E0602 NoFile "a file of a test is not there"
    E0603 OnlyInTests "a function for tests is used elsewhere"
    E0604 BadDocument "a document of a test cannot be read"
    E0605 CircularProfile "profiles include each other in a circle"
    W0101 ContainersOfSpec "only `spec.containers` is looked at"
    W0102 ImagePrefix "a prefix of an image's name is compared"
    W0103 DiffersFromAbsent "`!=` on a value that may be absent"
    W0104 NoPlace "a rule without `at`"
    W0105 NoTest "a policy without tests"
    W0106 WordKey "a word as the key of a map is also a variable"
    W0107 AlwaysTrue "a condition is always true"
    W0108 NeverHolds "a rule can never hold"
    W0109 Shadowed "a name hides another one"
    W0110 Unused "something is declared and never used"
    W0111 TooDear "the cost of a rule grows more than quadratically"
    W0112 SensitiveHole "a message of a sensitive policy quotes a value"
}
