//! A set that numbers its members: equal values get one number, so equality is a comparison of two words.
//!
//! Apart, because diagrams, code and rules all stand on it, and `alloc` has no hash table.

use alloc::vec;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

/// Distinct values, numbered from zero in the order in which they came.
pub(crate) struct Interner<T> {
    items: Vec<T>,
    /// A power of two of places, at least twice as many as items: a number, or [`FREE`].
    places: Vec<u32>,
}

const FREE: u32 = u32::MAX;

impl<T: Hash + Eq> Interner<T> {
    pub(crate) fn new() -> Self {
        Self::with_room(8)
    }

    /// With room for so many values, a power of two, before it grows.
    pub(crate) fn with_room(count: usize) -> Self {
        Self {
            items: Vec::with_capacity(count),
            places: vec![FREE; count * 2],
        }
    }

    /// The number of a value.
    pub(crate) fn intern(&mut self, item: T) -> u32 {
        let place = self.place(&item);
        if self.places[place] != FREE {
            return self.places[place];
        }
        let number = u32::try_from(self.items.len()).expect("fewer than 2^32 values");
        self.places[place] = number;
        self.items.push(item);
        if self.items.len() * 2 > self.places.len() {
            self.grow();
        }
        number
    }

    /// The number of a value, where it has one already.
    pub(crate) fn find(&self, item: &T) -> Option<u32> {
        let number = self.places[self.place(item)];
        (number != FREE).then_some(number)
    }

    /// The values by their numbers.
    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }

    /// Where the value stands, or the free place where it would.
    fn place(&self, item: &T) -> usize {
        let mut place = self.first_place(item);
        loop {
            match self.places[place] {
                FREE => return place,
                number if self.items[number as usize] == *item => return place,
                _ => place = (place + 1) & (self.places.len() - 1),
            }
        }
    }

    fn first_place(&self, item: &T) -> usize {
        let mut mix = Mix(0);
        item.hash(&mut mix);
        (mix.finish() >> 32) as usize & (self.places.len() - 1)
    }

    fn grow(&mut self) {
        self.places = vec![FREE; self.places.len() * 2];
        for number in 0..self.items.len() {
            let mut place = self.first_place(&self.items[number]);
            while self.places[place] != FREE {
                place = (place + 1) & (self.places.len() - 1);
            }
            self.places[place] = number as u32;
        }
    }
}

/// A fast hash for small keys that nobody chose to collide.
struct Mix(u64);

impl Mix {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        (self.0 ^ (self.0 >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
    }

    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.add(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, word: u8) {
        self.add(word.into());
    }

    fn write_u16(&mut self, word: u16) {
        self.add(word.into());
    }

    fn write_u32(&mut self, word: u32) {
        self.add(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.add(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.add(word as u64);
    }

    fn write_isize(&mut self, word: isize) {
        self.add(word as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_a_number() {
        let mut interner = Interner::new();
        for round in 0..2 {
            for value in 0..1000u64 {
                assert_eq!(interner.intern(value * 0x1_0000), value as u32, "{round}");
            }
        }
        assert_eq!(interner.find(&(7 * 0x1_0000)), Some(7));
        assert_eq!(interner.find(&1), None);
        assert_eq!(interner.items().len(), 1000);
    }
}
