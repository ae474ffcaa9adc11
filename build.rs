//! Links the program for Linux at a fixed address, unless the feature `pie` is on.
//!
//! A position-independent program has its 91,000 pointers rewritten at every start: 1.3 of 2.7 ms of
//! `comms --version`. The price is that the program's own code has no random address; libraries, heap and stack keep
//! theirs.

#[expect(
    clippy::disallowed_methods,
    reason = "cargo speaks to a build script through the environment"
)]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|v| v == value);
    let pie = std::env::var_os("CARGO_FEATURE_PIE").is_some();
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") && !pie {
        println!("cargo::rustc-link-arg-bin=comms=-no-pie");
    }
}
