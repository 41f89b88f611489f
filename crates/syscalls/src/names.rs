//! From a name to its place in the table of names: a hash table that is made when the crate is compiled.
//!
//! Apart from the calls, because it is about text alone; a profile names hundreds of calls, several times for each arch.

use crate::generated::numbers::NAMES;

/// A power of two, and so many more than there are names that most stand where they are looked for first.
const PLACES: usize = 2048;

/// No name is here, and none beyond that would have been put here.
const FREE: u16 = u16::MAX;

static TABLE: [u16; PLACES] = table();

/// The place of a name among all; none where no call has it.
pub(crate) fn find(name: &str) -> Option<usize> {
    let mut place = first_place(name.as_bytes());
    loop {
        match TABLE[place] {
            FREE => return None,
            index if NAMES[usize::from(index)] == name => return Some(index.into()),
            _ => place = (place + 1) % PLACES,
        }
    }
}

const fn table() -> [u16; PLACES] {
    assert!(NAMES.len() * 2 <= PLACES, "the table needs more places");
    let mut table = [FREE; PLACES];
    let mut index = 0;
    while index < NAMES.len() {
        let mut place = first_place(NAMES[index].as_bytes());
        while table[place] != FREE {
            place = (place + 1) % PLACES;
        }
        table[place] = index as u16;
        index += 1;
    }
    table
}

/// Where a name is looked for first: by its length and its ends, in which nearly all names differ.
const fn first_place(name: &[u8]) -> usize {
    let (first, last) = match (name.first_chunk(), name.last_chunk()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (name.first_chunk(), name.last_chunk()) {
            (Some(first), Some(last)) => (
                u32::from_le_bytes(*first) as u64,
                u32::from_le_bytes(*last) as u64,
            ),
            _ => match name {
                [first, .., last] => (*first as u64, *last as u64),
                _ => (0, 0),
            },
        },
    };
    let ends = first ^ last.rotate_left(31) ^ name.len() as u64;
    // The upper bits of a product depend on all of its factor.
    (ends.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_found_at_its_place_and_no_other_is() {
        for (place, name) in NAMES.iter().enumerate() {
            assert_eq!(find(name), Some(place));
            assert_eq!(find(&name[1..]), NAMES.binary_search(&&name[1..]).ok());
            assert_eq!(find(&name.to_uppercase()), None);
        }
        assert_eq!(find(""), None);
    }
}
