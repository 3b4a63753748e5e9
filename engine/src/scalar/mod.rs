//! The scalar types of the language: parse, order, show. One file each.

/// A scalar that does not fit a register.
///
/// Only values of one kind are compared; across kinds the order is that of the variants.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    // the owner of this module fills in: Quantity(..), Time(..), Version(..), Cidr(..), Ip(..), Image(..)
}

/// The scalar types, as the compiler and the type tables name them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[repr(u8)]
pub enum ScalarKind {
    /// `quantity`
    Quantity,
    /// `duration`
    Duration,
    /// `time`
    Time,
    /// `version`
    Version,
    /// `cidr`
    Cidr,
    /// `ip`
    Ip,
    /// `image`
    Image,
    /// `regex`
    Regex,
}
