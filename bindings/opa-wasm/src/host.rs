//! What the rest needs of the memory that it lives in; in tests, a list of bytes.

/// Why a call ends: what `opa_abort` is told.
pub(crate) type Abort = String;

/// The memory of the module.
pub(crate) trait Host {
    /// The bundle that is inside the module.
    fn bundle(&self) -> Vec<u8>;

    /// Ends the growth of Rust's heap: what is above the address that this gives is the arena's from now on.
    fn freeze(&mut self) -> u32;

    /// Bytes of the memory.
    fn size(&self) -> u64;

    /// Makes the memory have at least so many bytes; false if it cannot.
    fn grow_to(&mut self, end: u64) -> bool;

    /// Bytes of the arena; nothing if they are not all there.
    fn read(&self, address: u32, len: u32) -> Option<Vec<u8>>;

    /// Writes into the arena; false if there is no such place.
    fn write(&mut self, address: u32, bytes: &[u8]) -> bool;

    /// Nothing of Rust's may be put below this address until [`Host::settle`].
    fn keep_below(&mut self, top: u32);

    /// Where that ends which Rust's heap has above the border, if it has something there.
    fn spilled(&self) -> Option<u32>;

    /// True if nothing of Rust's heap is above the border any more.
    fn settle(&mut self) -> bool;
}
