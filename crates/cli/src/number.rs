//! Numbers as users write them: decimal, or hexadecimal after `0x`.
//!
//! Apart, because a number must mean the same wherever it is written.

/// A number of 64 bits; a negative one is its two's complement, as -100 for `AT_FDCWD`.
pub(crate) fn signed(word: &str) -> Option<u64> {
    match word.strip_prefix('-') {
        Some(rest) => {
            let value = i64::try_from(-i128::from(unsigned(rest)?)).ok()?;
            Some(value.cast_unsigned())
        }
        None => unsigned(word),
    }
}

/// A number of 64 bits without a sign.
pub(crate) fn unsigned(word: &str) -> Option<u64> {
    let (digits, radix) = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (word, 10),
    };
    // `from_str_radix` would take a sign.
    if digits.starts_with('+') {
        return None;
    }
    u64::from_str_radix(digits, radix).ok()
}

/// A number of 32 bits without a sign, such as a call's.
pub(crate) fn of_call(word: &str) -> Result<u32, String> {
    unsigned(word)
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| format!("`{word}` is not a decimal or hexadecimal number of 32 bits"))
}

/// Whether a word means a number, right or wrong, and no name.
pub(crate) fn is_meant(word: &str) -> bool {
    word.starts_with(|character: char| character.is_ascii_digit())
}
