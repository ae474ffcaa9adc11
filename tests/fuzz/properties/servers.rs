//! Servers that answer whatever they like: our own clients of IMAP and SMTP over a connection that says these bytes
//! and then ends.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::task::{Context, Poll};
use std::time::Duration;

use comms::channel::imap::{FlagChange, Session, Since};
use comms::channel::smtp;
use comms::error::Result;
use comms::model::account::Account;
use comms::model::message::Role;
use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::choice;

/// A server that says all of this, a few bytes at a time, whatever it is asked.
struct Canned {
    bytes: Vec<u8>,
    at: usize,
    step: usize,
}

impl Canned {
    fn boxed(bytes: &[u8], step: u8) -> Box<Canned> {
        Box::new(Canned {
            bytes: bytes.to_vec(),
            at: 0,
            step: match step % 4 {
                0 => 1,
                1 => 7,
                _ => 4096,
            },
        })
    }
}

impl AsyncRead for Canned {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let end = self
            .bytes
            .len()
            .min(self.at + self.step.min(to.remaining()));
        to.put_slice(&self.bytes[self.at..end]);
        self.at = end;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Canned {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Runs it on a clock that moves by itself; it must end within a day of that clock.
fn finish<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let day = Duration::from_secs(86_400);
        tokio::time::timeout(day, work).await.expect("it ends")
    })
}

fn account() -> Account {
    let config = super::config::of_text(
        "[accounts.work]\nchannel = \"imap\"\naddress = \"ada@example.com\"\nimap = \"mail.example.com\"\nsmtp = \"mail.example.com\"\n",
    );
    let mut config = config.expect("a sound config");
    config.accounts.retain(|account| account.name == "work");
    config.accounts.pop().expect("the account")
}

/// The first byte chooses where the conversation begins and how the bytes arrive; all errors are fine, a hang is not.
pub fn imap(data: &[u8]) {
    let (how, bytes) = choice(data);
    let account = account();
    let endpoint = account.imap.clone().expect("an IMAP server");
    let session = Session::over(Canned::boxed(bytes, how), &endpoint, false);
    let _ = finish(talk(session, how / 4, &account));
}

async fn talk(mut session: Session, begin: u8, account: &Account) -> Result<()> {
    if begin.is_multiple_of(8) {
        session.greeting().await?;
        session
            .login(account, &SecretString::from("secret"))
            .await?;
    }
    if begin % 8 <= 1 {
        let folders = session.folders().await?;
        for folder in &folders {
            assert!(!folder.path.is_empty() || folder.wire.is_empty());
        }
        session.create("Later", Role::Archive).await?;
    }
    if begin % 8 <= 2 {
        session.qresync = true;
        let since = Since {
            uid_validity: 7,
            modseq: 9,
        };
        let opened = session.open_folder("INBOX", "INBOX", Some(since)).await?;
        assert!(opened.uid_validity > 0);
        for (from, to) in opened.changes.vanished {
            assert!(from <= to);
        }
    }
    if begin % 8 <= 3 {
        session.flags("INBOX", "1:*", Some(9)).await?;
        let found = session.search("INBOX", "ALL").await?;
        assert!(found.is_sorted());
    }
    if begin % 8 <= 4 {
        let mut fetching = session.fetch("INBOX", &[1, 2, 3, 9], Some(2));
        while let Some(message) = session.next_message(&mut fetching).await? {
            assert!(message.labels.is_sorted());
        }
    }
    if begin % 8 <= 5 {
        session
            .store("INBOX", &[1, 2], FlagChange::Add(&["\\Seen".to_owned()]))
            .await?;
        session.move_messages("INBOX", &[1, 2], "Later").await?;
    }
    if begin % 8 <= 6 {
        session
            .append("Later", "Later", &["\\Seen"], b"To: a\r\n\r\nhi")
            .await?;
    }
    session
        .wait_for_news("INBOX", Duration::from_secs(300))
        .await?;
    session.logout().await;
    Ok(())
}

/// Any bytes are an SMTP server: every recipient has an answer, and nobody is told that it left when it did not.
pub fn smtp(data: &[u8]) {
    let (how, bytes) = choice(data);
    let account = account();
    let credentials = smtp::Credentials {
        tls: comms::net::tls::trusting_nobody().expect("a TLS config"),
        secret: (how & 16 == 0).then(|| SecretString::from("secret")),
        read_only: false,
    };
    finish(async {
        let patience = Duration::from_secs(30);
        let stream = Canned::boxed(bytes, how);
        let within = (Instant::now() + patience, patience);
        let endpoint = account.smtp.as_ref().expect("an SMTP server");
        let mut client = smtp::Client::over(stream, endpoint, within);
        if client.begin(&account, &credentials).await.is_err() {
            return;
        }
        let left = AtomicBool::new(false);
        let recipients = ["bob@example.com", "eve@example.com", "dan@example.com"];
        for _ in 0..2 {
            let trial = client
                .send(&smtp::Envelope {
                    from: "ada@example.com",
                    recipients: &recipients,
                    raw: b"To: bob@example.com\r\n\r\nhi\r\n.dot\r\n",
                    slow: &|| {},
                    left: &left,
                })
                .await;
            assert_eq!(trial.answers.len(), recipients.len());
            if !client.is_usable() {
                return;
            }
            client.renew();
        }
        client.quit().await;
    });
}
