//! Where things stand: unread, held, unconfirmed, failed, stale.
