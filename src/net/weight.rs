//! What an answer would take in memory, told from its bytes: `[0,0,…` takes forty times its own size once it is read.

/// Bytes of memory of one value, of an object and of an array with their first few, as `serde_json` holds them.
const VALUE: usize = 80;
const OBJECT: usize = 600;
const ARRAY: usize = 320;

/// About how many bytes a JSON text takes as values; it need not be sound.
pub fn of_json(text: &[u8]) -> usize {
    let mut weight = text.len();
    let (mut in_string, mut escaped) = (false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b',' => weight += VALUE,
            b'{' => weight += OBJECT,
            b'[' => weight += ARRAY,
            _ => {}
        }
    }
    weight
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_weigh_and_what_only_looks_like_them_in_a_text_does_not() {
        let beside = |text: &[u8]| of_json(text) - text.len();
        assert_eq!(beside(br#"{"a":[1,2,3]}"#), OBJECT + ARRAY + 2 * VALUE);
        assert_eq!(beside(br#""[{,\",[{,\\",1"#), VALUE);
        assert_eq!(beside(b"\"\\"), 0);
        assert!(of_json(&b"[0,".repeat(1_000)) > 400_000);
    }
}
