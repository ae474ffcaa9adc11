//! Messages beyond text.
