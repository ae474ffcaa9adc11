//! The redirect of a login in a browser, awaited on a port of this machine (RFC 8252 §7.3).

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::error::{Context, Error, Kind, Result};

use super::redirect::{Pending, Redirect};

/// A browser that connects and says nothing is waited for no longer than this.
const SILENCE: Duration = Duration::from_secs(10);
/// The longest request head that is read, in bytes.
const LONGEST_HEAD: usize = 32 << 10;

/// A port that waits for one redirect.
pub struct Loopback {
    listener: TcpListener,
    pub redirect_uri: String,
    path: String,
}

/// A redirect that came, and the browser that waits for its page.
pub struct Arrival {
    pub redirect: Redirect,
    browser: TcpStream,
}

impl Loopback {
    /// Takes any free port of 127.0.0.1. Microsoft's clients know only `localhost` without a path.
    pub async fn open(plain_localhost: bool) -> Result<Loopback> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|e| {
            Error::unavailable("no port of this machine can be listened on")
                .hint("use --paste: it needs no port")
                .because(e)
        })?;
        let port = listener
            .local_addr()
            .context(Kind::Internal, "reading the port")?
            .port();
        let (host, path) = match plain_localhost {
            true => ("localhost", ""),
            false => ("127.0.0.1", "/callback"),
        };
        Ok(Loopback {
            listener,
            redirect_uri: format!("http://{host}:{port}{path}"),
            path: if path.is_empty() { "/" } else { path }.to_owned(),
        })
    }

    /// Waits for the redirect of this login; other requests, such as for an icon, are answered by the way. Any page
    /// that the browser shows can make it call here, and must not end the login.
    pub async fn wait(&self, pending: &Pending, patience: Duration) -> Result<Arrival> {
        let wanted = Arc::new((self.path.clone(), pending.clone()));
        // A browser may hold connections open on which it says nothing: each is read apart.
        let (found, mut finds) = mpsc::channel(1);
        let serve = async {
            loop {
                let Ok((browser, _)) = self.listener.accept().await else {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                };
                let (found, wanted) = (found.clone(), Arc::clone(&wanted));
                tokio::spawn(async move {
                    let (path, pending) = &*wanted;
                    if let Ok(Some(arrival)) = timeout(SILENCE, read(browser, path, pending)).await
                    {
                        let _ = found.send(arrival).await;
                    }
                });
            }
        };
        tokio::select! {
            arrival = finds.recv() => arrival.ok_or_else(|| Error::internal("the wait for the browser broke down")),
            () = serve => Err(Error::internal("the wait for the browser broke down")),
            () = tokio::time::sleep(patience) => Err(Error::auth(format!(
                "nobody finished the login in the browser within {} min",
                patience.as_secs() / 60
            ))
            .hint("repeat it, or use --paste where the browser runs on another machine")),
        }
    }
}

impl Arrival {
    /// Shows how the login ended. What can't be shown is told at the terminal anyway.
    pub async fn answer(mut self, ended: std::result::Result<(), String>) {
        let (status, title, words) = match ended {
            Ok(()) => (
                "200 OK",
                "Done",
                "You are logged in. Go back to the terminal; this page can be closed.".to_owned(),
            ),
            Err(why) => (
                "400 Bad Request",
                "The login failed",
                format!("{why}. The terminal says what to do next."),
            ),
        };
        say(&mut self.browser, status, title, &words).await;
    }
}

/// Reads one request; `None` if it is not the redirect that is waited for.
async fn read(mut browser: TcpStream, path: &str, pending: &Pending) -> Option<Arrival> {
    let mut head = Vec::new();
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        let mut chunk = [0; 4096];
        let n = browser.read(&mut chunk).await.ok()?;
        if n == 0 || head.len() + n > LONGEST_HEAD {
            return None;
        }
        head.extend_from_slice(&chunk[..n]);
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let asked = target.split('?').next().unwrap_or_default();
    if method != "GET" || asked != path {
        say(
            &mut browser,
            "404 Not Found",
            "Not here",
            "This page is only for the end of a login.",
        )
        .await;
        return None;
    }
    let redirect = Redirect::read(target.split_once('?').map_or("", |(_, query)| query));
    if !redirect.is_answer() {
        say(
            &mut browser,
            "400 Bad Request",
            "Not a login",
            "This address holds no code. The terminal shows the one to open.",
        )
        .await;
        return None;
    }
    if !pending.is_answered_by(&redirect) {
        say(
            &mut browser,
            "400 Bad Request",
            "Another login",
            "This address does not answer the login that waits here. The terminal shows the one to open.",
        )
        .await;
        return None;
    }
    Some(Arrival { redirect, browser })
}

async fn say(browser: &mut TcpStream, status: &str, title: &str, words: &str) {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>comms: {title}</title>\
         <style>body{{font:1.1em sans-serif;max-width:30em;margin:15vh auto;padding:0 1em}}</style>\
         <h1>{title}</h1><p>{}</p></html>",
        escaped(words)
    );
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nConnection: close\r\n\r\n",
        page.len()
    );
    let written = async {
        browser.write_all(head.as_bytes()).await?;
        browser.write_all(page.as_bytes()).await?;
        browser.shutdown().await
    };
    let _ = timeout(Duration::from_secs(2), written).await;
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
