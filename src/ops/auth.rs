//! Logins of accounts.
