//! Maildir: delivery (tmp → new, fsync), reading trees of other programs, flags in file names.
