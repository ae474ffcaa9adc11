//! Service accounts: a key signs who asks, for whom and for what (RFC 7523, RS256).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::error::{Error, Result};

/// Seconds for which what was signed may be used; the most that Google takes.
const LIFETIME_S: i64 = 3600;

/// The key file of a service account, as Google's console writes it.
#[derive(Deserialize)]
pub struct ServiceAccount {
    pub client_email: String,
    private_key: String,
    private_key_id: Option<String>,
    pub token_uri: Option<String>,
}

impl ServiceAccount {
    /// Reads a key file. The error quotes nothing of it.
    pub fn read(file: &SecretString) -> Result<ServiceAccount> {
        let key: ServiceAccount = serde_json::from_str(file.expose_secret())
            .map_err(|_| not_a_key("it is not JSON with client_email and private_key"))?;
        key.pair()?;
        Ok(key)
    }

    /// What asks for a token in the name of `subject`.
    pub fn signed(
        &self,
        subject: &str,
        scopes: &[String],
        (audience, now): (&str, Timestamp),
    ) -> Result<SecretString> {
        let mut header = json!({"alg": "RS256", "typ": "JWT"});
        if let Some(id) = &self.private_key_id {
            header["kid"] = json!(id);
        }
        let now = now.as_second();
        let claims = json!({
            "iss": self.client_email,
            "sub": subject,
            "scope": scopes.join(" "),
            "aud": audience,
            "iat": now,
            "exp": now + LIFETIME_S,
        });
        let body = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let pair = self.pair()?;
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            body.as_bytes(),
            &mut signature,
        )
        .map_err(|_| Error::internal("signing with the service account's key failed"))?;
        Ok(SecretString::from(format!(
            "{body}.{}",
            URL_SAFE_NO_PAD.encode(signature)
        )))
    }

    fn pair(&self) -> Result<RsaKeyPair> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(self.private_key.as_bytes())
            .map_err(|_| not_a_key("its private_key is not PEM of PKCS #8"))?;
        RsaKeyPair::from_pkcs8(der.secret_pkcs8_der())
            .map_err(|_| not_a_key("its private_key is not an RSA key of 2048 bits or more"))
    }
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceAccount({})", self.client_email)
    }
}

fn not_a_key(why: &str) -> Error {
    Error::usage("this is not the key of a service account")
        .hint("give the JSON file that the provider's console made when the key was created")
        .because(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_key_is_refused_without_being_quoted() {
        for file in [
            "hunter2",
            "{\"client_email\":\"a@b\",\"private_key\":\"hunter2\"}",
            "{\"type\":\"authorized_user\",\"refresh_token\":\"hunter2\"}",
        ] {
            let error = ServiceAccount::read(&SecretString::from(file)).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }
}
