//! The error codes of the Cloud API: what each means, of which kind it is, and what helps.
//!
//! Source: Cloud API, "Error codes", of 2026-08. The code decides, not the HTTP status.

use crate::error::Kind;

/// What is to be done about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The login is void.
    Login,
    /// Something in the account or the app has to be set right.
    Setup,
    /// The request, the recipient or the template will not do.
    Refused,
    /// The same may go later; the least wait in seconds, 0 where nothing better is known.
    Later(u64),
    /// It may have been sent all the same.
    Doubt,
}

impl Class {
    pub fn kind(self) -> Kind {
        match self {
            Class::Login => Kind::Auth,
            Class::Setup => Kind::Config,
            Class::Refused => Kind::Refused,
            Class::Later(_) | Class::Doubt => Kind::Unavailable,
        }
    }
}

/// One code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    pub number: u32,
    pub class: Class,
    /// In our words, lower case.
    pub meaning: &'static str,
    /// Empty if nothing is to be done.
    pub hint: &'static str,
}

const fn row(number: u32, class: Class, meaning: &'static str, hint: &'static str) -> Code {
    Code {
        number,
        class,
        meaning,
        hint,
    }
}

const RENEW: &str = "make a new token of the system user in the Business settings, then run `comms auth login ACCOUNT`";
const PERMIT: &str =
    "the token needs whatsapp_business_messaging and whatsapp_business_management for this account";
const TEMPLATE: &str = "see what the account has: `comms auth templates`";
const MANAGER: &str =
    "see the account in the WhatsApp Manager: https://business.facebook.com/wa/manage";
const HOUR: u64 = 3600;

/// What is known of a code; 200 to 299 are one.
pub fn code(number: u32) -> Option<&'static Code> {
    let number = if (200..300).contains(&number) {
        200
    } else {
        number
    };
    CODES.iter().find(|code| code.number == number)
}

pub const CODES: &[Code] = &[
    row(0, Class::Login, "the login was refused", RENEW),
    row(1, Class::Doubt, "a fault of the Graph API", ""),
    row(2, Class::Doubt, "the Graph API is down for a moment", ""),
    row(3, Class::Setup, "the app may not do this", PERMIT),
    row(4, Class::Later(0), "the app makes too many calls", ""),
    row(10, Class::Setup, "the token may not do this", PERMIT),
    row(33, Class::Setup, "the number was deleted", MANAGER),
    row(100, Class::Refused, "a field of the request is wrong", ""),
    row(102, Class::Login, "the login is over", RENEW),
    row(
        190,
        Class::Login,
        "the token has expired or was withdrawn",
        RENEW,
    ),
    row(200, Class::Setup, "the token may not do this", PERMIT),
    row(
        368,
        Class::Setup,
        "the account is blocked for a while: it broke a policy",
        MANAGER,
    ),
    row(
        80007,
        Class::Later(0),
        "the business account makes too many calls",
        "",
    ),
    row(
        130429,
        Class::Later(0),
        "more messages a second than the number may send",
        "",
    ),
    row(
        130472,
        Class::Refused,
        "the recipient is part of an experiment of Meta's and gets no marketing",
        "",
    ),
    row(
        130497,
        Class::Refused,
        "the account may not write to people of this country",
        "",
    ),
    row(131000, Class::Doubt, "something went wrong at WhatsApp", ""),
    row(131005, Class::Setup, "access denied", PERMIT),
    row(
        131008,
        Class::Refused,
        "a field of the request is missing",
        "",
    ),
    row(
        131009,
        Class::Refused,
        "a value of the request is wrong",
        "",
    ),
    row(131016, Class::Doubt, "WhatsApp is down for a moment", ""),
    row(
        131021,
        Class::Refused,
        "sender and recipient are the same",
        "",
    ),
    row(
        131026,
        Class::Refused,
        "it can't be delivered: no WhatsApp, an old app, or its terms not accepted",
        "",
    ),
    row(
        131030,
        Class::Setup,
        "the recipient is not on the list of a test number",
        "add it at WhatsApp > API Setup of the app",
    ),
    row(131031, Class::Setup, "the account is locked", MANAGER),
    row(
        131037,
        Class::Setup,
        "the number's display name is not approved yet",
        MANAGER,
    ),
    row(
        131042,
        Class::Setup,
        "there is a problem with the payment method",
        "see the payment settings: https://business.facebook.com/billing_hub",
    ),
    row(
        131045,
        Class::Setup,
        "the number is not registered rightly",
        MANAGER,
    ),
    row(
        131047,
        Class::Refused,
        "more than 24 hours have passed since they wrote: only a template goes",
        "send an approved template: `comms auth templates` lists them",
    ),
    row(
        131048,
        Class::Later(6 * HOUR),
        "too many of the number's messages were blocked or reported as spam",
        MANAGER,
    ),
    row(
        131049,
        Class::Refused,
        "WhatsApp keeps marketing from this person for now",
        "wait a day at least: sooner it only repeats",
    ),
    row(
        131050,
        Class::Refused,
        "the recipient stopped marketing messages",
        "only utility and authentication templates reach them",
    ),
    row(
        131051,
        Class::Refused,
        "a message of this type is not supported",
        "",
    ),
    row(
        131052,
        Class::Refused,
        "the file can't be fetched",
        "ask for it to be sent again",
    ),
    row(
        131053,
        Class::Refused,
        "the file can't be taken",
        "its bytes have to be what its type says",
    ),
    row(
        131057,
        Class::Later(60),
        "the account is being upgraded",
        "",
    ),
    row(
        131056,
        Class::Later(4),
        "too many messages to this one person",
        "",
    ),
    row(
        131061,
        Class::Refused,
        "a template with a maximum price goes by another way",
        "",
    ),
    row(
        131063,
        Class::Refused,
        "marketing by this way is switched off for the account",
        MANAGER,
    ),
    row(
        132000,
        Class::Refused,
        "the template has another number of variables",
        TEMPLATE,
    ),
    row(
        132001,
        Class::Refused,
        "there is no such template in this language, or it is not approved",
        TEMPLATE,
    ),
    row(
        132005,
        Class::Refused,
        "the text is too long once the variables are filled in",
        "shorten the values",
    ),
    row(
        132007,
        Class::Refused,
        "a value breaks WhatsApp's rules",
        "",
    ),
    row(
        132008,
        Class::Refused,
        "a value of the template is wrong",
        TEMPLATE,
    ),
    row(
        132012,
        Class::Refused,
        "a variable of the template wants another type",
        TEMPLATE,
    ),
    row(
        132015,
        Class::Refused,
        "the template is paused: people found it of low quality",
        MANAGER,
    ),
    row(
        132016,
        Class::Refused,
        "the template is disabled: it was paused too often",
        MANAGER,
    ),
    row(
        132018,
        Class::Refused,
        "the values do not fit the template",
        TEMPLATE,
    ),
    row(132068, Class::Refused, "the flow is blocked", MANAGER),
    row(
        132069,
        Class::Refused,
        "the flow may go out ten times an hour only, for now",
        MANAGER,
    ),
    row(
        133000,
        Class::Setup,
        "the number was not taken off rightly before",
        MANAGER,
    ),
    row(133004, Class::Doubt, "WhatsApp is down for a moment", ""),
    row(
        133005,
        Class::Setup,
        "the PIN of two-step verification is wrong",
        MANAGER,
    ),
    row(
        133006,
        Class::Setup,
        "the number has to be verified again",
        MANAGER,
    ),
    row(
        133010,
        Class::Setup,
        "the number is not registered",
        "register it: WhatsApp > API Setup of the app",
    ),
    row(
        133016,
        Class::Later(HOUR),
        "the number was registered too often",
        "",
    ),
    row(
        134011,
        Class::Setup,
        "the terms of WhatsApp payments are not accepted",
        MANAGER,
    ),
    row(
        135000,
        Class::Refused,
        "WhatsApp refused it without saying why",
        "",
    ),
];
