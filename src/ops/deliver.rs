//! `deliver`.
