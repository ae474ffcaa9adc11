//! Bytes nobody can guess, from the operating system.

use crate::error::{Error, Result};

pub fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Error::internal(format!("no randomness: {e}")))?;
    Ok(bytes)
}

/// So many random bytes as lower-case hexadecimal digits, two for each.
pub fn hex<const N: usize>() -> Result<String> {
    let bytes = bytes::<N>()?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
