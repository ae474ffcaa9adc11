//! Twilio's error codes: what each means for a message, in words that lead on.
//!
//! Twilio's dictionary of errors as of 2023, and what its pages added since; what a code is worth (try again, change
//! the account, give up) is our own judgement. A code that is missing here is judged by its status.

/// What a code is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The login, or the account itself.
    Auth,
    /// Something to be set up at Twilio.
    Config,
    NotFound,
    /// It will be refused each time.
    Permanent,
    /// The recipient wants no messages.
    OptedOut,
    /// It goes later.
    Retry,
    /// It goes tomorrow.
    RetryTomorrow,
    /// Whether it was done can't be told.
    Ambiguous,
    /// It was sent and did not arrive; another one may.
    DeliveryTransient,
    /// It was sent and did not arrive, and none will.
    DeliveryPermanent,
    /// A carrier took the text for spam, or forbids it.
    DeliveryFiltered,
    /// It was sent and did not arrive, for no reason that is known.
    DeliveryUnknown,
    /// WhatsApp: more than a day since they wrote.
    WindowClosed,
    /// WhatsApp: the template does not fit.
    Template,
    /// Twilio could not tell us something.
    Webhook,
}

/// One code.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    pub code: u32,
    pub class: Class,
    /// What is wrong, without a full stop.
    pub words: &'static str,
    /// What to do; empty if nothing helps.
    pub hint: &'static str,
}

/// What is known of a code.
pub fn code(code: u32) -> Option<&'static Code> {
    let at = CODES.binary_search_by_key(&code, |known| known.code).ok()?;
    CODES.get(at)
}

const fn of(code: u32, class: Class, words: &'static str, hint: &'static str) -> Code {
    Code {
        code,
        class,
        words,
        hint,
    }
}

const CHECK: &str = "check the number";
const SENDER: &str = "set `address` of the account to a number of yours that can send this: console.twilio.com > Phone Numbers";
const SUSPENDED: &str = "see console.twilio.com for what Twilio asks of the account";
const A2P: &str = "register the number: console.twilio.com > Messaging > Regulatory Compliance";
const OTHER_WORDS: &str =
    "change the text: carriers filter links of shorteners, and texts that look like spam";
const WHATSAPP: &str = "set up the sender: console.twilio.com > Messaging > Senders > WhatsApp";
const MEDIA: &str = "give addresses that anyone can fetch, with the media type that the file has";
const ONCE_MORE: &str = "it may be worth one more try, later";
const SERVE: &str = "see `comms serve`, and console.twilio.com > Monitor > Errors";

/// All that are known, in order.
#[rustfmt::skip]
pub const CODES: &[Code] = &[
    of(11200, Class::Webhook, "Twilio got no sound answer from our web address", SERVE),
    of(11205, Class::Webhook, "Twilio could not connect to our web address", SERVE),
    of(11210, Class::Webhook, "Twilio does not know the host of our web address", SERVE),
    of(11750, Class::Webhook, "our answer to Twilio was too large", SERVE),
    of(12300, Class::Webhook, "our answer to Twilio had a media type that it does not take", SERVE),
    of(14107, Class::Retry, "answers to one number are sent too fast", ""),
    of(20003, Class::Auth, "Twilio refused the login", "check `account_sid`, and `api_key` if you use one, then give the secret again"),
    of(20005, Class::Auth, "the Twilio account is not active", SUSPENDED),
    of(20008, Class::Config, "test credentials of Twilio can't do this", "use the live account SID and its auth token"),
    of(20404, Class::NotFound, "Twilio knows no such thing", ""),
    of(20429, Class::Retry, "too many requests of this account are under way at Twilio", ""),
    of(20500, Class::Ambiguous, "something broke at Twilio", ""),
    of(20503, Class::Ambiguous, "Twilio is not available", ""),
    of(21201, Class::Permanent, "there is no number to send to", CHECK),
    of(21211, Class::Permanent, "Twilio does not take this for a phone number", CHECK),
    of(21212, Class::Permanent, "Twilio does not take the sender for a phone number", SENDER),
    of(21214, Class::Permanent, "the number can't be reached", CHECK),
    of(21217, Class::Permanent, "the number does not look like one", CHECK),
    of(21401, Class::Permanent, "the number is not valid", CHECK),
    of(21408, Class::Config, "the account may not send to this country", "allow the country: console.twilio.com > Messaging > Settings > Geo permissions"),
    of(21601, Class::Config, "the sender is no number that can take messages", SENDER),
    of(21602, Class::Permanent, "a message needs a text or a medium", ""),
    of(21603, Class::Permanent, "there is no sender", "set `address` or `messaging_service` of the account"),
    of(21604, Class::Permanent, "there is no number to send to", CHECK),
    of(21606, Class::Config, "this sender can't send to this number", SENDER),
    of(21607, Class::Config, "a trial account sends from its trial number only", SENDER),
    of(21608, Class::Config, "a trial account sends to verified numbers only", "verify the number: console.twilio.com > Phone Numbers > Verified Caller IDs, or upgrade the account"),
    of(21609, Class::Config, "Twilio does not take the address for status callbacks", "`public_url` under [serve] must be an https address whose host has no underscore"),
    of(21610, Class::OptedOut, "they replied STOP to this sender", "only they can change that, by replying START"),
    of(21611, Class::Retry, "too many messages of this sender are waiting at Twilio", ""),
    of(21612, Class::Permanent, "this sender can't reach the number by SMS", "another sender may: see the countries of console.twilio.com > Messaging > Settings"),
    of(21614, Class::Permanent, "the number is no mobile phone", CHECK),
    of(21617, Class::Permanent, "the text is longer than 1,600 characters", "leave `long_text` at \"parts\" to send it in several"),
    of(21618, Class::Permanent, "Twilio can't send this text", ""),
    of(21619, Class::Ambiguous, "Twilio could not write the message down", ""),
    of(21620, Class::Permanent, "Twilio does not take the address of a medium", MEDIA),
    of(21621, Class::Config, "the sender can't send media", SENDER),
    of(21622, Class::Config, "the account can't send media", SENDER),
    of(21623, Class::Permanent, "there are more media than one message takes", "ten go in one message"),
    of(21624, Class::Permanent, "Twilio does not take so long a time to try", ""),
    of(21653, Class::Permanent, "there are more recipients than one message takes", ""),
    of(21654, Class::Permanent, "this needs a content template", ""),
    of(21655, Class::Permanent, "Twilio knows no such content template", ""),
    of(21656, Class::Permanent, "the variables don't fit the content template", ""),
    of(21657, Class::Permanent, "Twilio does not take this sender", SENDER),
    of(21658, Class::Permanent, "something is longer than Twilio takes", ""),
    of(30001, Class::Retry, "it waited at Twilio until its time was over", ONCE_MORE),
    of(30002, Class::Auth, "Twilio suspended the account before it was sent", SUSPENDED),
    of(30003, Class::DeliveryTransient, "the phone is off, out of reach, or can't take it", ONCE_MORE),
    of(30004, Class::DeliveryPermanent, "the recipient or the carrier blocks it", ""),
    of(30005, Class::DeliveryPermanent, "the number is not in use any more", CHECK),
    of(30006, Class::DeliveryPermanent, "a landline, or a carrier that can't be reached", CHECK),
    of(30007, Class::DeliveryFiltered, "a carrier filtered it out", OTHER_WORDS),
    of(30008, Class::DeliveryUnknown, "it did not arrive, and the carrier does not say why", ONCE_MORE),
    of(30009, Class::DeliveryUnknown, "a part of what came in is missing", ""),
    of(30010, Class::Permanent, "it would cost more than was allowed", ""),
    of(30011, Class::DeliveryPermanent, "the recipient can't get media there", "send a link instead"),
    of(30012, Class::Permanent, "the time to try is too short", ""),
    of(30013, Class::Permanent, "the time to try is too long", ""),
    of(30015, Class::Permanent, "Twilio does not do this kind of channel", ""),
    of(30016, Class::Permanent, "sender and recipient are of different channels", ""),
    of(30017, Class::DeliveryTransient, "the carrier's network is overloaded", ONCE_MORE),
    of(30018, Class::Config, "the carrier wants senders registered first", A2P),
    of(30019, Class::Permanent, "it is larger than the carrier takes", "send less of it, or a link"),
    of(30020, Class::DeliveryUnknown, "Twilio lost it while it was scheduled", ONCE_MORE),
    of(30021, Class::DeliveryUnknown, "Twilio's messaging service lost it", ONCE_MORE),
    of(30022, Class::Retry, "more messages than the registered campaign may send at once", ""),
    of(30023, Class::RetryTomorrow, "the brand sent all it may today", ""),
    of(30024, Class::Config, "the carrier does not know the sender yet", A2P),
    of(30027, Class::RetryTomorrow, "the campaign sent all that T-Mobile takes of it today", ""),
    of(30032, Class::Config, "the toll-free number is not verified", A2P),
    of(30033, Class::Config, "the campaign of the number is suspended", A2P),
    of(30034, Class::Config, "the number is not registered for messages of applications (A2P 10DLC)", A2P),
    of(30035, Class::Retry, "the number is still being registered", ""),
    of(30410, Class::DeliveryTransient, "the carrier did not answer in time", ONCE_MORE),
    of(30450, Class::DeliveryFiltered, "Twilio blocked it as likely fraud", OTHER_WORDS),
    of(63001, Class::Auth, "the channel refused Twilio's login", WHATSAPP),
    of(63003, Class::Permanent, "the channel knows no such recipient", CHECK),
    of(63005, Class::Permanent, "the channel does not take this content", ""),
    of(63006, Class::Permanent, "the content can't be written for this channel", ""),
    of(63007, Class::Config, "the account has no sender of this address in this channel", WHATSAPP),
    of(63009, Class::DeliveryTransient, "something broke at the channel", ONCE_MORE),
    of(63010, Class::DeliveryUnknown, "something broke at Twilio while it was sent", ONCE_MORE),
    of(63012, Class::DeliveryTransient, "something broke at the channel's provider", ONCE_MORE),
    of(63013, Class::DeliveryFiltered, "it is against the rules of the channel", OTHER_WORDS),
    of(63014, Class::DeliveryPermanent, "the recipient blocked the sender", ""),
    of(63015, Class::Config, "the sandbox sends only to who joined it", WHATSAPP),
    of(63016, Class::WindowClosed, "more than 24 hours since they wrote: only a template goes now", "send an approved template"),
    of(63017, Class::Retry, "messages of the channel are sent too fast", ""),
    of(63018, Class::Retry, "messages of the channel are sent too fast", ""),
    of(63019, Class::Permanent, "a medium could not be fetched", MEDIA),
    of(63020, Class::Config, "something is wrong with the business account at Meta", WHATSAPP),
    of(63021, Class::Permanent, "the channel says the content is not valid", ""),
    of(63023, Class::DeliveryUnknown, "the channel reported a fault that it does not explain", ONCE_MORE),
    of(63024, Class::Permanent, "the recipient is not in this channel", CHECK),
    of(63025, Class::Permanent, "the medium is there already", ""),
    of(63026, Class::DeliveryFiltered, "the channel took it for spam", OTHER_WORDS),
    of(63027, Class::Template, "the template does not exist in this language", ""),
    of(63028, Class::Template, "the template takes another number of parameters", ""),
    of(63029, Class::DeliveryTransient, "the recipient's phone could not load the template", ONCE_MORE),
    of(63030, Class::Permanent, "the channel does not take one of the parameters", ""),
    of(63031, Class::Permanent, "sender and recipient are the same", ""),
    of(63032, Class::DeliveryFiltered, "WhatsApp does not let this reach the user now", ""),
    of(63033, Class::DeliveryPermanent, "the recipient is barred from getting messages", ""),
    of(63034, Class::Permanent, "a medium is larger than the channel takes", "send a smaller one, or a link"),
    of(63037, Class::Permanent, "a medium could not be put into the channel", MEDIA),
    of(63038, Class::RetryTomorrow, "the account sent all it may today", ""),
    of(63040, Class::Template, "the template was rejected", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_found_and_says_something() {
        assert_eq!(CODES.len(), 108);
        for known in CODES {
            assert_eq!(code(known.code).unwrap().words, known.words);
            assert!(!known.words.is_empty() && !known.words.ends_with('.'));
        }
        assert!(code(1).is_none());
    }
}
