//! `X-Twilio-Signature`: HMAC-SHA1 of the address as Twilio called it, and of the form's fields in order.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Kind, Result};
use crate::model::receive::Call;

const SIGNATURE: &str = "x-twilio-signature";
/// What a body that is no form is known by, in the query.
const BODY_HASH: &str = "bodySHA256";

/// Refuses a call that is not signed with the account's auth token (an API key signs nothing).
pub fn verify(
    call: &Call<'_>,
    params: &[(String, String)],
    auth_token: Option<&SecretString>,
) -> Result<()> {
    let token = auth_token
        .filter(|token| !token.expose_secret().is_empty())
        .ok_or_else(|| refused("there is no auth token to check the signature with"))?;
    let given = call.header(SIGNATURE);
    let given = given.and_then(|text| STANDARD.decode(text.trim()).ok());
    let given = given.ok_or_else(|| refused("it is not signed"))?;
    let in_body = call.method != "GET";
    if in_body && params.is_empty() && !call.body.is_empty() && !is_named_body(call) {
        return Err(refused("its body is not the one that was signed"));
    }
    let fields = match in_body {
        true => fields(params),
        false => String::new(),
    };
    let key = hmac::Key::new(
        hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        token.expose_secret().as_bytes(),
    );
    let signed = spellings(call.url);
    let fits = signed.iter().any(|url| {
        let text = format!("{url}{fields}");
        hmac::verify(&key, text.as_bytes(), &given).is_ok()
    });
    match fits {
        true => Ok(()),
        false => Err(refused("its signature is not Twilio's").hint(
            "`public_url` under [serve] must be the address that Twilio calls, and the auth token that of the account",
        )),
    }
}

/// Names in bytewise order, each value of a name once and in order.
fn fields(params: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> = params.iter().collect();
    sorted.sort();
    sorted.dedup();
    sorted
        .into_iter()
        .map(|(name, value)| format!("{name}{value}"))
        .collect()
}

/// Whether the query names the body by its hash.
fn is_named_body(call: &Call<'_>) -> bool {
    let hash = digest::digest(&digest::SHA256, call.body);
    let hash: String = hash.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    let query = super::query(call.url);
    let mut named = query.iter().filter(|(name, _)| name == BODY_HASH);
    matches!((named.next(), named.next()), (Some((_, given)), None) if given.eq_ignore_ascii_case(&hash))
}

/// An address with and without the port that its scheme has anyway, and with its query as browsers write it.
fn spellings(url: &str) -> Vec<String> {
    let mut all = vec![url.to_owned()];
    all.extend(other_port(url));
    for spelling in all.clone() {
        if let Some((before, query)) = spelling.split_once('?')
            && query.contains('\'')
        {
            all.push(format!("{before}?{}", query.replace('\'', "%27")));
        }
    }
    all
}

fn other_port(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let port = match scheme.to_ascii_lowercase().as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    // Within brackets colons are the address's own.
    let named = host.rsplit_once(']').map_or(host, |(_, behind)| behind);
    match named.contains(':') {
        false => Some(format!("{scheme}://{authority}{port}{path}")),
        true => authority
            .strip_suffix(port)
            .map(|bare| format!("{scheme}://{bare}{path}")),
    }
}

fn refused(words: &str) -> Error {
    Error::new(
        Kind::Auth,
        format!("a webhook of Twilio was refused: {words}"),
    )
}
