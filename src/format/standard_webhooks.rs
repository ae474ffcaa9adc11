//! Signatures of the Standard Webhooks scheme, version 1: HMAC-SHA256 over `id.timestamp.body`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// Secrets are written so.
pub const PREFIX: &str = "whsec_";

/// The bytes of a secret (`whsec_…`); `None` if it is none, or has not 24 to 64 bytes.
pub fn key(secret: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(secret.trim().strip_prefix(PREFIX)?).ok()?;
    (24..=64).contains(&bytes.len()).then_some(bytes)
}

/// A secret of these bytes.
pub fn secret(bytes: &[u8]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// One signature; the header holds several with a space between them. `timestamp` is seconds since 1970.
pub fn sign(key: &[u8], (id, timestamp): (&str, i64), body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    context.update(format!("{id}.{timestamp}.").as_bytes());
    context.update(body);
    format!("v1,{}", STANDARD.encode(context.sign()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_published_example() {
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let of = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330);
        assert_eq!(
            sign(&key, of, br#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn only_a_secret_of_the_scheme_is_one() {
        let made = secret(&[7; 32]);
        assert_eq!(key(&made).unwrap(), [7; 32]);
        for bad in [
            "",
            "whsec_",
            "whsec_AAAA",
            "hunter2",
            &secret(&[1; 23]),
            &secret(&[1; 65]),
        ] {
            assert!(key(bad).is_none(), "{bad}");
        }
    }
}
