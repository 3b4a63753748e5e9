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
    E0501 CrdShape "a file given as a CustomResourceDefinition is not one"
    E0502 CrdSchema "the schema in a CustomResourceDefinition cannot be read"
    E0503 CrdDepth "the schema in a CustomResourceDefinition nests too deep"
    E0504 CrdTwice "a kind is defined twice in different ways"
}
