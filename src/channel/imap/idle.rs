//! Waiting for news: IDLE (RFC 2177) where offered, else NOOP now and then.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::Result;

use super::parse::{Response, Verdict};
use super::session::Session;

/// How often a server without IDLE is asked.
const POLL: Duration = Duration::from_secs(30);

impl Session {
    /// Waits in the open folder until something happens there, or for at most this long; true if it did.
    ///
    /// Turns longer than five minutes get cut by routers; make several.
    pub async fn wait_for_news(&mut self, path: &str, longest: Duration) -> Result<bool> {
        self.step = format!("waiting for news in `{path}`");
        if self.offers("IDLE") {
            self.idle(longest).await
        } else {
            self.poll(longest).await
        }
    }

    async fn idle(&mut self, longest: Duration) -> Result<bool> {
        let end = Instant::now() + longest;
        let tag = self.send("IDLE").await?;
        let mut news = false;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.read_within(left).await? {
                None => break,
                Some(Response::Data { name, .. }) => {
                    if is_news(&name) {
                        news = true;
                        break;
                    }
                }
                Some(Response::Tagged { tag: found, status }) if found == tag => {
                    return Err(self.refusal(&status));
                }
                Some(Response::Untagged(status)) if status.verdict == Verdict::Bye => {
                    return Err(self.cut(None).because(status.text));
                }
                Some(_) => {}
            }
        }
        self.write(b"DONE\r\n").await?;
        let status = self
            .answer(&tag, |response| {
                if let Response::Data { name, .. } = &response {
                    news |= is_news(name);
                }
                Ok(())
            })
            .await?;
        self.must(status)?;
        Ok(news)
    }

    async fn poll(&mut self, longest: Duration) -> Result<bool> {
        let end = Instant::now() + longest;
        loop {
            let (responses, _) = self.run("NOOP").await?;
            let news = responses
                .iter()
                .any(|response| matches!(response, Response::Data { name, .. } if is_news(name)));
            let left = end.saturating_duration_since(Instant::now());
            if news || left.is_zero() {
                return Ok(news);
            }
            tokio::time::sleep(POLL.min(left)).await;
        }
    }
}

fn is_news(name: &str) -> bool {
    matches!(name, "EXISTS" | "EXPUNGE" | "VANISHED" | "FETCH")
}
