//! The config as its user meets it: what resolves, and what is refused at which place.

use super::*;

fn with(text: &str) -> Result<Config> {
    with_env(text, &[])
}

fn with_env(text: &str, vars: &[(&str, &str)]) -> Result<Config> {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().to_str().unwrap().to_owned();
    std::fs::write(dir.path().join("config.toml"), text).unwrap();
    let mut env = Environment::of([("COMMS_HOME", home.as_str()), ("HOME", "/home/ada")]);
    env.set_all(vars);
    Config::resolve(&GlobalFlags::default(), &env)
}

fn refusal(text: &str) -> String {
    let error = with(text).expect_err("refused");
    assert_eq!(error.kind, Kind::Config);
    let message = error
        .message
        .rsplit_once("config.toml:")
        .map_or(error.message.as_str(), |(_, m)| m)
        .to_owned();
    format!("{message} / {}", error.hint.unwrap_or_default())
}

#[test]
fn without_a_file_there_is_the_built_in_account() {
    let config = with("").unwrap();
    assert_eq!(config.accounts.len(), 1);
    let local = config.account("local").unwrap();
    assert!(local.built_in && local.can_send());
    assert_eq!(
        local.path.as_deref(),
        Some(config.local_maildir().as_path())
    );
    assert_eq!(config.max_age, Duration::from_secs(60));
}

#[test]
fn an_imap_account_gets_the_usual_ports() {
    let config = with(
        "[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\nimap = \"imap.example.com\"\n\
         smtp = \"smtp.example.com\"\nsmtp_tls = \"starttls\"\nca_file = \"ca.pem\"\n",
    )
    .unwrap();
    let work = config.account("work").unwrap();
    let (imap, smtp) = (work.imap.as_ref().unwrap(), work.smtp.as_ref().unwrap());
    assert_eq!((imap.port, smtp.port), (993, 587));
    assert!(work.ca_file.as_ref().unwrap().is_absolute());
    assert_eq!(work.login(), Some("ada@example.com"));
}

#[test]
fn a_secret_comes_from_the_variable_of_its_account() {
    let text = "[accounts.my-work]\nchannel = \"smtp\"\naddress = \"ada@example.com\"\nsmtp = \"smtp.example.com\"\n";
    let config = with_env(text, &[("COMMS_SECRET_MY_WORK", "hunter2")]).unwrap();
    assert!(config.account("my-work").unwrap().secret_env.len() == 1);
    let told = format!("{:?}{:?}", config.sources, config.accounts);
    assert!(!told.contains("hunter2"), "{told}");
    assert!(told.contains("environment COMMS_SECRET_MY_WORK"));
}

#[test]
fn a_name_that_no_file_can_have_names_no_account() {
    let account = |n: usize| {
        with(&format!(
            "[accounts.{}]\nchannel = \"maildir\"\npath = \"~/Mail\"\n",
            "a".repeat(n)
        ))
    };
    assert!(account(64).is_ok());
    assert!(
        account(65)
            .unwrap_err()
            .message
            .contains("can't be the name of an account")
    );
}

#[test]
fn a_variable_that_two_accounts_would_read_is_refused() {
    let account = |name: &str| {
        format!(
            "[accounts.{name}]\nchannel = \"smtp\"\naddress = \"ada@example.com\"\nsmtp = \"smtp.example.com\"\n"
        )
    };
    for (one, other, variable) in [
        ("a-b", "a_b", "COMMS_SECRET_A_B"),
        ("work", "work-tokens", "COMMS_SECRET_WORK_TOKENS"),
        (
            "work",
            "work_client-secret",
            "COMMS_SECRET_WORK_CLIENT_SECRET",
        ),
    ] {
        let text = account(one) + &account(other);
        assert!(with(&text).is_ok(), "nothing is read as two secrets");
        let error = with_env(&text, &[(variable, "hunter2")]).unwrap_err();
        assert_eq!(error.kind, Kind::Config);
        for word in [one, other, variable] {
            assert!(error.message.contains(word), "{}", error.message);
        }
    }
}

#[test]
fn a_tilde_is_the_home_folder() {
    let config = with("[accounts.old]\nchannel = \"maildir\"\npath = \"~/Mail\"\n").unwrap();
    assert_eq!(
        config.account("old").unwrap().path.as_deref(),
        Some(Path::new("/home/ada/Mail"))
    );
}

#[test]
fn each_fault_names_its_place_and_the_way_out() {
    let cases = [
        (
            "[defualts]\n",
            "1:2: `defualts` is not a key of the config file / did you mean `defaults`?",
        ),
        (
            "[inbox]\nmax-age = \"1s\"\n",
            "2:1: `max-age` is not a key of [inbox] / did you mean `max_age`?",
        ),
        (
            "[inbox]\nmax_age = 60\n",
            "2:11: `max_age` wants text in quotes, not a number / ",
        ),
        (
            "[secrets]\nstore = \"keychain\"\n",
            "2:9: there is no secret store `keychain` / stores are auto, keyring, file",
        ),
        (
            "[secrets]\nstore = \"flie\"\n",
            "2:9: there is no secret store `flie` / did you mean `file`?",
        ),
        (
            "[secrets]\npassphrase-command = \"x\"\n",
            "2:1: `passphrase-command` is not a key of [secrets] / did you mean `passphrase_command`?",
        ),
        (
            "[secrets]\npassphrase = \"x\"\n",
            "2:1: `passphrase`: a secret never stands in the config file / remove the line; \
             use passphrase_command = \"…\", or set COMMS_PASSPHRASE",
        ),
        (
            "[accounts.x]\nchannel = \"imapp\"\n",
            "2:11: there is no channel `imapp` / did you mean `imap`?",
        ),
        (
            "[accounts.x]\naddress = \"a@example.com\"\n",
            "1:11: account `x` has no channel / add channel = \"…\": one of imap, smtp, maildir, gmail, google-chat, google-chat-webhook, twilio, whatsapp, slack, slack-webhook, carddav",
        ),
        (
            "[accounts.Work]\nchannel = \"imap\"\n",
            "1:11: `Work` can't be the name of an account / use up to 64 lower-case letters, digits, `-` and `_`",
        ),
        (
            "[defaults]\nemail = \"wrok\"\n",
            "2:9: there is no account `wrok` / accounts are local",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(refusal(text), expected, "{text}");
    }
}

#[test]
fn a_password_never_stands_in_the_file() {
    let told = refusal("[accounts.x]\nchannel = \"imap\"\npassword = \"hunter2\"\n");
    assert!(
        told.contains("3:1") && told.contains("comms auth login x"),
        "{told}"
    );
    assert!(!told.contains("hunter2"));
}

#[test]
fn no_tls_is_for_loopback_only() {
    let text = |host: &str| {
        format!(
            "[accounts.x]\nchannel = \"smtp\"\naddress = \"a@example.com\"\nsmtp = \"{host}\"\ntls = \"none\"\n"
        )
    };
    assert!(refusal(&text("smtp.example.com")).contains("in the clear"));
    for host in ["localhost:2525", "127.0.0.1", "[::1]:25", "::1"] {
        assert!(with(&text(host)).is_ok(), "{host}");
    }
}

#[test]
fn the_built_in_account_can_only_be_named() {
    let config =
        with("[accounts.local]\naddress = \"ada@localhost\"\ndisplay_name = \"Ada\"\n").unwrap();
    assert_eq!(
        config.account("local").unwrap().address.as_deref(),
        Some("ada@localhost")
    );
    assert!(refusal("[accounts.local]\npath = \"/tmp\"\n").contains("built-in"));
}

#[test]
fn broken_toml_is_told_with_its_place() {
    let told = refusal("[accounts.x]\nchannel = imap\n");
    assert!(told.starts_with("2:11: not valid TOML"), "{told}");
}

#[test]
fn an_origin_can_be_lowered_not_raised() {
    assert!(
        with_env("", &[("COMMS_ORIGIN", "agent")])
            .unwrap()
            .agent
            .is_some()
    );
    assert!(
        with_env("", &[("CLAUDECODE", "1"), ("COMMS_ORIGIN", "script")])
            .unwrap()
            .agent
            .is_some()
    );
    assert!(with_env("", &[("COMMS_ORIGIN", "person")]).is_err());
}

const OAUTH: &str = "[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\nimap = \"imap.example.com\"\n";

#[test]
fn oauth_keys_say_where_tokens_come_from() {
    use crate::model::account::{Grant, Provider};
    let oauth = |lines: &str| {
        let config = with(&format!("{OAUTH}auth = \"oauth\"\n{lines}")).unwrap();
        config.account("work").unwrap().oauth.clone()
    };
    assert_eq!(oauth("secret_command = \"token\"\n"), None);
    let google = oauth("oauth = \"google\"\n").unwrap();
    assert_eq!(
        (google.provider, google.grant, google.scopes),
        (Provider::Google, Grant::Code, None)
    );
    let microsoft = oauth(
        "oauth = \"microsoft\"\ntenant = \"example.com\"\ngrant = \"client-credentials\"\nscopes = [\"a\"]\n",
    )
    .unwrap();
    assert_eq!(microsoft.tenant, "example.com");
    assert_eq!(microsoft.grant, Grant::ClientCredentials);
    let issuer = oauth("oauth = \"https://login.example.com/x\"\n").unwrap();
    assert_eq!(
        issuer.provider,
        Provider::Issuer("https://login.example.com/x".to_owned())
    );
    let own = oauth("authorize_url = \"http://127.0.0.1:5/a\"\ntoken_url = \"http://[::1]:5/t\"\n")
        .unwrap();
    assert_eq!(own.provider, Provider::Custom);
}

#[test]
fn oauth_keys_that_can_not_work_are_refused_where_they_stand() {
    for (lines, words) in [
        ("oauth = \"google\"\n", "without `auth = \"oauth\"`"),
        (
            "auth = \"oauth\"\noauth = \"gogle\"\n",
            "did you mean `google`",
        ),
        ("auth = \"oauth\"\nclient_id = \"x\"\n", "whose tokens"),
        (
            "auth = \"oauth\"\noauth = \"http://login.example.com\"\n",
            "not an https address",
        ),
        (
            "auth = \"oauth\"\noauth = \"google\"\ntoken_url = \"http://127.0.0.1.example.com/\"\n",
            "not an https address",
        ),
        (
            "auth = \"oauth\"\noauth = \"google\"\ntoken_url = \"http://127.0.0.1@example.com/\"\n",
            "not an https address",
        ),
        (
            "auth = \"oauth\"\ntoken_url = \"https://example.com/t\"\n",
            "authorize_url or device_url",
        ),
        (
            "auth = \"oauth\"\noauth = \"google\"\ntenant = \"x\"\n",
            "Microsoft only",
        ),
        (
            "auth = \"oauth\"\noauth = \"microsoft\"\ntenant = \"a/../b\"\n",
            "is not a tenant",
        ),
        (
            "auth = \"oauth\"\noauth = \"microsoft\"\ngrant = \"client-credentials\"\n",
            "tenant",
        ),
        (
            "auth = \"oauth\"\noauth = \"google\"\ngrant = \"client-credentials\"\n",
            "service-account",
        ),
        (
            "auth = \"oauth\"\noauth = \"google\"\ngrant = \"password\"\n",
            "grant is one of",
        ),
        (
            "auth = \"oauth\"\noauth = \"google\"\nsecret_command = \"x\"\n",
            "both say",
        ),
        (
            "auth = \"oauth\"\noauth = \"google\"\nclient_secret = \"x\"\n",
            "a secret never stands",
        ),
    ] {
        let told = refusal(&format!("{OAUTH}{lines}"));
        assert!(told.contains(words), "{lines}: {told}");
    }
}

#[test]
fn a_login_is_asked_for_contacts_only_where_they_are_wanted() {
    use crate::net::oauth::{Server, Wanted, scopes};
    const GMAIL: &str = "[accounts.me]\nchannel = \"gmail\"\naddress = \"ada@gmail.com\"\n";
    let asked = |lines: &str, wanted: Wanted| {
        let config = with(&format!("{GMAIL}{lines}")).unwrap();
        let me = config.account("me").unwrap();
        let oauth = me.oauth.as_ref().unwrap();
        let asked = scopes(me, oauth, &Server::known(oauth), &wanted);
        let short = asked.iter().map(|s| s.rsplit('/').next().unwrap_or(s));
        short.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(asked("", Wanted::Usual), "gmail.modify");
    let sync = "contacts = \"sync\"\n";
    assert_eq!(asked(sync, Wanted::Usual), "gmail.modify contacts");
    assert_eq!(
        asked(sync, Wanted::Read),
        "gmail.readonly contacts.readonly"
    );
    let all = "contacts = \"read\"\nbooks = [\"contacts\", \"others\", \"directory\"]\n";
    assert_eq!(
        asked(all, Wanted::Usual),
        "gmail.modify contacts.readonly contacts.other.readonly directory.readonly"
    );
}

#[test]
fn contacts_of_an_account_are_taken_only_as_its_channel_can() {
    const SLACK: &str = "[accounts.team]\nchannel = \"slack\"\n";
    const GMAIL: &str = "[accounts.me]\nchannel = \"gmail\"\naddress = \"ada@gmail.com\"\n";
    assert!(with(&format!("{SLACK}contacts = \"read\"\n")).is_ok());
    for (account, line, words) in [
        (SLACK, "contacts = \"sync\"", "can't be changed"),
        (
            SLACK,
            "books = \"others\"",
            "means nothing on a `slack` account",
        ),
        (GMAIL, "contacts = true", "contacts"),
        (GMAIL, "contacts = \"both\"", "not a way to take contacts"),
        (GMAIL, "books = \"other\"", "did you mean `others`?"),
        (
            "[accounts.m]\nchannel = \"maildir\"\npath = \"/\"\n",
            "contacts = \"read\"",
            "means nothing",
        ),
    ] {
        let told = refusal(&format!("{account}{line}\n"));
        assert!(told.contains(words), "{line}: {told}");
    }
}
