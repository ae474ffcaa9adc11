//! The form of an API key: `comms_`, 43 random signs of base 62, and six that check them.
//!
//! 43 signs are 256 bits. The last six are the CRC-32 of the signs before them in base 62, so that programs that look for
//! lost secrets know a key without asking, and what is no key costs no look into the store.

use secrecy::SecretString;

/// What every key begins with.
pub const PREFIX: &str = "comms_";

const RANDOM: usize = 43;
const CHECK: usize = 6;
const SIGNS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Makes a key of random bytes; `None` if they are too few. 128 are too few once in a hundred thousand million tries.
pub fn write(random: &[u8]) -> Option<SecretString> {
    // Every sign has the same chance: of the 64 values of six bits, two stand for none.
    let signs = random
        .iter()
        .filter_map(|byte| SIGNS.get(usize::from(byte & 63)));
    let body: String = signs.take(RANDOM).map(|sign| char::from(*sign)).collect();
    let whole = body.len() == RANDOM;
    whole.then(|| format!("{PREFIX}{body}{}", check(&body)).into())
}

/// Whether a text is a key by its form.
pub fn is_sound(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(PREFIX) else {
        return false;
    };
    if rest.len() != RANDOM + CHECK || !rest.bytes().all(|byte| SIGNS.contains(&byte)) {
        return false;
    }
    let (body, end) = rest.split_at(RANDOM);
    check(body) == end
}

fn check(body: &str) -> String {
    let mut rest = crc32(body.as_bytes()) as usize;
    let mut signs = [b'0'; CHECK];
    for sign in signs.iter_mut().rev() {
        *sign = SIGNS[rest % SIGNS.len()];
        rest /= SIGNS.len();
    }
    signs.iter().map(|sign| char::from(*sign)).collect()
}

/// CRC-32 as Ethernet, zip and PNG have it (ISO 3309, reflected).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg());
    !bytes
        .iter()
        .fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn key(seed: u8) -> String {
        let random: Vec<u8> = (0..128u8)
            .map(|n| n.wrapping_mul(37).wrapping_add(seed))
            .collect();
        write(&random).unwrap().expose_secret().to_owned()
    }

    #[test]
    fn the_check_is_the_crc_that_everyone_knows() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_key_is_known_by_its_form_and_one_wrong_sign_is_seen() {
        let key = key(7);
        assert_eq!(key.len(), PREFIX.len() + RANDOM + CHECK);
        assert!(is_sound(&key));
        for n in PREFIX.len()..key.len() {
            let mut wrong = key.clone().into_bytes();
            wrong[n] = if wrong[n] == b'x' { b'y' } else { b'x' };
            assert!(!is_sound(&String::from_utf8(wrong).unwrap()), "at {n}");
        }
    }

    #[test]
    fn what_is_no_key_is_none() {
        let key = key(1);
        for text in [
            "",
            "comms_",
            "comms_é",
            &key[1..],
            &key[..key.len() - 1],
            &format!("{key}0"),
        ] {
            assert!(!is_sound(text), "{text}");
        }
    }

    #[test]
    fn too_few_random_bytes_make_no_key() {
        assert!(write(&[0; 42]).is_none());
        assert!(write(&[63; 128]).is_none());
    }
}
