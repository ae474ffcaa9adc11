//! The bytes of the secrets file: a versioned header in clear, the secrets sealed, a checksum against accidents.
//!
//! ```text
//! comms secrets 1
//! {"kdf":"argon2id","memory_kib":19456,"passes":2,"lanes":1,"salt":"…","nonce":"…","entries":["work","work/tokens"]}
//! base64 of a JSON object (entry to secret), XChaCha20-Poly1305; the two lines above are its associated data
//! BLAKE3 of the three lines above, in hex
//! ```
//!
//! The names of the entries stand in clear, so that a reader knows without a passphrase what is not there. The
//! checksum tells damage from a wrong passphrase; only the seal tells who wrote the file.

use std::collections::BTreeMap;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{Context, Error, Kind, Result};

const MAGIC: &str = "comms secrets ";
pub const VERSION: u32 = 1;
const KDF: &str = "argon2id";
/// What a file may ask for: less would be guessed too soon, more would be an attack on this machine's memory.
const MEMORY_KIB: std::ops::RangeInclusive<u32> = 8 * 1024..=1024 * 1024;
const PASSES: std::ops::RangeInclusive<u32> = 1..=64;
const LANES: std::ops::RangeInclusive<u32> = 1..=16;
const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;

/// The secrets by the names of their entries.
pub type Entries = BTreeMap<String, SecretString>;

/// What a passphrase is made into; wiped when dropped.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

/// How a passphrase becomes a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kdf {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: [u8; SALT_BYTES],
}

/// Why bytes are no secrets file.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    Damaged(&'static str),
    /// Written by a later format.
    Newer(u32),
}

/// A file that is whole, not yet opened.
pub struct Sealed {
    pub kdf: Kdf,
    /// The names of what is inside.
    pub entries: Vec<String>,
    nonce: [u8; NONCE_BYTES],
    associated: Vec<u8>,
    body: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    kdf: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    nonce: String,
    entries: Vec<String>,
}

impl Kdf {
    /// The parameters of a new file: 19 MiB and two passes, OWASP's second choice, some 40 ms.
    pub fn fresh() -> Result<Kdf> {
        Ok(Kdf {
            memory_kib: 19 * 1024,
            passes: 2,
            lanes: 1,
            salt: random()?,
        })
    }

    /// Slow on purpose.
    pub fn derive(&self, passphrase: &SecretString) -> Result<Key> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|e| Error::internal(format!("preparing a key derivation: {e}")))?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(
                passphrase.expose_secret().as_bytes(),
                &self.salt,
                &mut key[..],
            )
            .map_err(|e| Error::internal(format!("deriving the key of the secrets file: {e}")))?;
        Ok(Key(key))
    }
}

impl Sealed {
    /// Reads the frame; opens nothing.
    pub fn parse(bytes: &[u8]) -> std::result::Result<Sealed, Fault> {
        let text = std::str::from_utf8(bytes).map_err(|_| Fault::Damaged("it is no text"))?;
        let version = text
            .strip_prefix(MAGIC)
            .and_then(|rest| rest.split('\n').next())
            .and_then(|number| number.trim_end().parse::<u32>().ok())
            .ok_or(Fault::Damaged("its first line is wrong"))?;
        if version > VERSION {
            return Err(Fault::Newer(version));
        }
        // Four lines, each with its end: a file cut off anywhere has fewer.
        let whole = text
            .strip_suffix('\n')
            .ok_or(Fault::Damaged("it is cut off"))?;
        let (rest, checksum) = whole
            .rsplit_once('\n')
            .ok_or(Fault::Damaged("it is cut off"))?;
        let summed = &text[..=rest.len()];
        if blake3::hash(summed.as_bytes()).to_hex().as_str() != checksum {
            return Err(Fault::Damaged("its checksum is wrong, or it is cut off"));
        }
        let lines: Vec<&str> = summed.lines().collect();
        let [first, header, body] = lines[..] else {
            return Err(Fault::Damaged("it has not the lines it should have"));
        };
        let associated = &text[..first.len() + header.len() + 2];
        let body = STANDARD
            .decode(body)
            .map_err(|_| Fault::Damaged("its secrets are not base64"))?;
        let header: Header =
            serde_json::from_str(header).map_err(|_| Fault::Damaged("its header is wrong"))?;
        let sane = header.kdf == KDF
            && MEMORY_KIB.contains(&header.memory_kib)
            && PASSES.contains(&header.passes)
            && LANES.contains(&header.lanes);
        if !sane {
            return Err(Fault::Damaged("its key derivation is out of range"));
        }
        Ok(Sealed {
            kdf: Kdf {
                memory_kib: header.memory_kib,
                passes: header.passes,
                lanes: header.lanes,
                salt: fixed(&header.salt).ok_or(Fault::Damaged("its salt is wrong"))?,
            },
            nonce: fixed(&header.nonce).ok_or(Fault::Damaged("its nonce is wrong"))?,
            entries: header.entries,
            associated: associated.as_bytes().to_vec(),
            body,
        })
    }

    /// The secrets; `None` if the key is not the one they were sealed with.
    pub fn open(&self, key: &Key) -> Option<Entries> {
        let payload = Payload {
            msg: &self.body,
            aad: &self.associated,
        };
        let plain = cipher(key)
            .decrypt(&XNonce::from(self.nonce), payload)
            .ok()
            .map(Zeroizing::new)?;
        let read: BTreeMap<String, String> = serde_json::from_slice(&plain).ok()?;
        let secrets = read
            .into_iter()
            .map(|(entry, secret)| (entry, SecretString::from(secret)));
        Some(secrets.collect())
    }
}

/// The file that holds these secrets, with a new nonce.
pub fn seal(kdf: &Kdf, key: &Key, entries: &Entries) -> Result<Vec<u8>> {
    let nonce: [u8; NONCE_BYTES] = random()?;
    let header = Header {
        kdf: KDF.to_owned(),
        memory_kib: kdf.memory_kib,
        passes: kdf.passes,
        lanes: kdf.lanes,
        salt: STANDARD.encode(kdf.salt),
        nonce: STANDARD.encode(nonce),
        entries: entries.keys().cloned().collect(),
    };
    let header = serde_json::to_string(&header).context(Kind::Internal, "writing a header")?;
    let mut text = format!("{MAGIC}{VERSION}\n{header}\n");
    let exposed: BTreeMap<&str, &str> = entries
        .iter()
        .map(|(entry, secret)| (entry.as_str(), secret.expose_secret()))
        .collect();
    // Room for all of it, so that no half of it is left behind by growing.
    let room = exposed.iter().map(|(k, v)| 2 * (k.len() + v.len()) + 8);
    let mut plain = Zeroizing::new(Vec::with_capacity(room.sum::<usize>() + 2));
    serde_json::to_writer(&mut *plain, &exposed).context(Kind::Internal, "writing secrets")?;
    let payload = Payload {
        msg: &plain,
        aad: text.as_bytes(),
    };
    let body = cipher(key)
        .encrypt(&XNonce::from(nonce), payload)
        .map_err(|_| Error::internal("sealing the secrets"))?;
    text.push_str(&STANDARD.encode(body));
    text.push('\n');
    let checksum = blake3::hash(text.as_bytes()).to_hex();
    text.push_str(&checksum);
    text.push('\n');
    Ok(text.into_bytes())
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    let bytes: &[u8; 32] = &key.0;
    XChaCha20Poly1305::new(bytes.into())
}

fn fixed<const N: usize>(base64: &str) -> Option<[u8; N]> {
    STANDARD.decode(base64).ok()?.try_into().ok()
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|e| Error::internal(format!("the system gives no random numbers: {e}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> (Kdf, Key, Vec<u8>) {
        let kdf = Kdf {
            memory_kib: 8 * 1024,
            passes: 1,
            lanes: 1,
            salt: [7; SALT_BYTES],
        };
        let key = kdf.derive(&SecretString::from("open sesame")).unwrap();
        let entries = [("work", "hunter2"), ("work/tokens", "{\"a\":\"é\\n\"}")];
        let entries = entries.map(|(k, v)| (k.to_owned(), SecretString::from(v)));
        let bytes = seal(&kdf, &key, &Entries::from(entries)).unwrap();
        (kdf, key, bytes)
    }

    #[test]
    fn what_was_sealed_is_opened_by_the_same_passphrase_only() {
        let (kdf, _, bytes) = sealed();
        let file = Sealed::parse(&bytes).unwrap();
        assert_eq!(file.entries, ["work", "work/tokens"]);
        let right = kdf.derive(&SecretString::from("open sesame")).unwrap();
        let entries = file.open(&right).unwrap();
        assert_eq!(entries["work"].expose_secret(), "hunter2");
        assert_eq!(entries["work/tokens"].expose_secret(), "{\"a\":\"é\\n\"}");
        let wrong = kdf.derive(&SecretString::from("open sesam")).unwrap();
        assert!(file.open(&wrong).is_none());
        assert!(!String::from_utf8(bytes).unwrap().contains("hunter2"));
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_damage_and_never_a_wrong_passphrase() {
        let (_, _, bytes) = sealed();
        for end in 0..bytes.len() {
            assert!(Sealed::parse(&bytes[..end]).is_err(), "cut at {end}");
        }
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            assert!(Sealed::parse(&bytes).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_header_that_was_changed_with_its_checksum_opens_nothing() {
        let (_, key, bytes) = sealed();
        let text = String::from_utf8(bytes).unwrap().replace("work/", "mork/");
        let summed = &text[..=text.trim_end().rfind('\n').unwrap()];
        let text = format!("{summed}{}\n", blake3::hash(summed.as_bytes()).to_hex());
        let file = Sealed::parse(text.as_bytes()).unwrap();
        assert!(file.open(&key).is_none());
    }

    #[test]
    fn a_derivation_that_is_too_weak_or_eats_the_memory_is_refused() {
        for memory in ["8", "4294967295"] {
            let (_, _, bytes) = sealed();
            let text = String::from_utf8(bytes)
                .unwrap()
                .replace("\"memory_kib\":8192", &format!("\"memory_kib\":{memory}"));
            let summed = &text[..=text.trim_end().rfind('\n').unwrap()];
            let text = format!("{summed}{}\n", blake3::hash(summed.as_bytes()).to_hex());
            assert_eq!(
                Sealed::parse(text.as_bytes()).err(),
                Some(Fault::Damaged("its key derivation is out of range"))
            );
        }
    }

    #[test]
    fn a_later_format_is_told_from_damage() {
        let bytes = b"comms secrets 2\nwhatever it is\n";
        assert_eq!(Sealed::parse(bytes).err(), Some(Fault::Newer(2)));
    }
}
