"""What the long runs of `tests/soak` and `tests/fire` share: real servers on loopback, faulty lines, a home to look into."""
