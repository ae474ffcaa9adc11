//! What programs ask us for: queries and bodies of the HTTP API, and the arguments of MCP's tools, which are the same.

use comms::ops::calls::*;
use comms::serve::api::given::{self, Given};
use comms::serve::api::table::{Route, routes};

use super::{choice, text_of};

/// The first byte chooses the call, the first line is the query, the rest the body: a call, or an error that says why
/// in few words.
pub fn api(data: &[u8]) {
    static ROUTES: std::sync::OnceLock<Vec<Route>> = std::sync::OnceLock::new();
    let routes = ROUTES.get_or_init(routes);
    let (which, rest) = choice(data);
    let route = &routes[usize::from(which) % routes.len()];
    let at = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let (query, body) = (text_of(&rest[..at]), rest.get(at + 1..).unwrap_or_default());
    let fields = match given::query(&query, &route.parameters) {
        Ok(fields) => fields,
        Err(error) => return short(&error, data),
    };
    let given = Given {
        fields,
        body: axum::body::Bytes::copy_from_slice(body),
    };
    match route.name {
        StatusCall::NAME => read::<StatusCall>(given, data),
        AccountsCall::NAME => read::<AccountsCall>(given, data),
        CostsCall::NAME => read::<CostsCall>(given, data),
        InboxCall::NAME => read::<InboxCall>(given, data),
        ThreadCall::NAME => read::<ThreadCall>(given, data),
        SearchCall::NAME => read::<SearchCall>(given, data),
        AttachmentCall::NAME => read::<AttachmentCall>(given, data),
        ReadCall::NAME => read::<ReadCall>(given, data),
        SendCall::NAME => read::<SendCall>(given, data),
        ReplyCall::NAME => read::<ReplyCall>(given, data),
        ForwardCall::NAME => read::<ForwardCall>(given, data),
        MarkCall::NAME => read::<MarkCall>(given, data),
        ContactsListCall::NAME => read::<ContactsListCall>(given, data),
        ContactsFindCall::NAME => read::<ContactsFindCall>(given, data),
        ContactShowCall::NAME => read::<ContactShowCall>(given, data),
        ContactAddCall::NAME => read::<ContactAddCall>(given, data),
        ContactEditCall::NAME => read::<ContactEditCall>(given, data),
        OutboxListCall::NAME => read::<OutboxListCall>(given, data),
        OutboxShowCall::NAME => read::<OutboxShowCall>(given, data),
        OutboxCancelCall::NAME => read::<OutboxCancelCall>(given, data),
        OutboxRejectCall::NAME => read::<OutboxRejectCall>(given, data),
        OutboxRetryCall::NAME => read::<OutboxRetryCall>(given, data),
        EventsCall::NAME => read::<EventsCall>(given, data),
        other => panic!("no fuzzer knows the call `{other}`"),
    }
}

fn read<C: Call>(given: Given, data: &[u8]) {
    match given.read::<C>() {
        Ok(call) => drop(call.waits()),
        Err(error) => short(&error, data),
    }
}

fn short(error: &comms::error::Error, data: &[u8]) {
    assert!(!error.message.is_empty());
    let words = error.message.len() + error.hint.as_ref().map_or(0, String::len);
    assert!(words <= 10 * data.len() + 3_000, "{words}");
}
