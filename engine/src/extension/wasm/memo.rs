//! Calls that were made before. A call depends on its arguments alone, so an answer that is remembered is the answer,
//! and it costs the fuel that it cost; what is forgotten changes no result.

use crate::extension::native::Metered;
use rustc_hash::FxHashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes that an entry takes beside its texts, about.
const ENTRY: usize = 128;

/// Answers by arguments, within a limit of bytes.
pub(super) struct Memo {
    limit: usize,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    answers: FxHashMap<Box<[u8]>, Metered>,
    bytes: usize,
}

impl Memo {
    pub(super) fn new(limit: usize) -> Memo {
        Memo { limit, known: Mutex::default() }
    }

    pub(super) fn get(&self, args: &[u8]) -> Option<Metered> {
        self.lock().answers.get(args).cloned()
    }

    /// Remembers an answer of so many bytes. A memory that is full is emptied: simple, and no worse than any other rule
    /// for arguments that nobody knows.
    pub(super) fn put(&self, args: Vec<u8>, answer: Metered, bytes: usize) {
        let bytes = args.len().saturating_add(bytes).saturating_add(ENTRY);
        if bytes > self.limit {
            return;
        }
        let mut known = self.lock();
        if known.bytes.saturating_add(bytes) > self.limit {
            *known = Known::default();
        }
        if known.answers.insert(args.into(), answer).is_none() {
            known.bytes = known.bytes.saturating_add(bytes);
        }
    }

    /// What is known is whole after every step, so a panic elsewhere does no harm.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_stays_within_its_limit() {
        let answer = |fuel: u64| Metered { result: Ok(fuel.into()), fuel };
        let memo = Memo::new(1_000);
        memo.put(b"a".to_vec(), answer(1), 20);
        assert_eq!(memo.get(b"a"), Some(answer(1)));
        assert_eq!(memo.get(b"b"), None);
        memo.put(b"long".to_vec(), answer(2), 1_000);
        assert_eq!((memo.get(b"long"), memo.get(b"a")), (None, Some(answer(1))));
        for i in 0..100_u64 {
            memo.put(i.to_le_bytes().to_vec(), answer(i), 20);
            assert!(memo.lock().bytes <= 1_000);
            assert_eq!(memo.get(&i.to_le_bytes()), Some(answer(i)));
        }
        assert_eq!(memo.get(b"a"), None);
    }
}
