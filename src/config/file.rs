//! Shape of config.toml.
