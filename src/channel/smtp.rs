//! SMTP submission (RFC 5321, RFC 6409): one attempt, an answer per recipient.
