//! A hash table that numbers distinct values, the ground under "equal functions are equal numbers".
//!
//! Trusted. It is not the compiler's, so that one mistake can't serve both.

use alloc::vec;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

/// Distinct values by the order of their coming.
pub(crate) struct Table<T> {
    values: Vec<T>,
    /// A power of two; zero where free, else a number and one.
    slots: Vec<u32>,
}

impl<T: Hash + Eq> Table<T> {
    /// A table that so many values, a power of two, fit in before it grows.
    pub(crate) fn with_room(count: usize) -> Self {
        Self {
            values: Vec::with_capacity(count),
            slots: vec![0; count * 2],
        }
    }

    pub(crate) fn values(&self) -> &[T] {
        &self.values
    }

    /// The number of a value, and whether it is a new one.
    pub(crate) fn number(&mut self, value: T) -> (u32, Novelty) {
        let slot = self.slot(&value);
        if self.slots[slot] != 0 {
            return (self.slots[slot] - 1, Novelty::Known);
        }
        self.values.push(value);
        let count = u32::try_from(self.values.len()).expect("the budget is below 2^32");
        self.slots[slot] = count;
        if self.values.len() * 2 > self.slots.len() {
            self.grow();
        }
        (count - 1, Novelty::New)
    }

    #[cold]
    fn grow(&mut self) {
        self.slots = vec![0; self.slots.len() * 2];
        for at in 0..self.values.len() {
            let slot = self.slot(&self.values[at]);
            self.slots[slot] = at as u32 + 1;
        }
    }

    /// The number of a value that has one.
    pub(crate) fn find(&self, value: &T) -> Option<u32> {
        self.slots[self.slot(value)].checked_sub(1)
    }

    /// Where a value stands, or would: the first free slot on its way is the end of it.
    #[inline]
    fn slot(&self, value: &T) -> usize {
        let mask = self.slots.len() - 1;
        let mut hash = Multiply(0x243f_6a88_85a3_08d3);
        value.hash(&mut hash);
        let mut slot = (hash.finish() >> 20) as usize & mask;
        while self.slots[slot] != 0 && self.values[self.slots[slot] as usize - 1] != *value {
            slot = (slot + 1) & mask;
        }
        slot
    }
}

/// Whether a value was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Novelty {
    New,
    Known,
}

/// Multiplies and folds; a wrong hash costs time, never an answer.
struct Multiply(u64);

impl Hasher for Multiply {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u16(&mut self, word: u16) {
        self.write_u64(word.into());
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word) * 0x9e37_79b9_7f4a_7c15;
        self.0 = (product >> 64) as u64 ^ product as u64 ^ 0x243f_6a88_85a3_08d3;
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
}
