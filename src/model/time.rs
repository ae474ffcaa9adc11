//! TIME as people type it: RFC 3339, `2026-12-01 09:00`, `tomorrow 9am`, `in 2h`, `2d` (ago, in filters).
