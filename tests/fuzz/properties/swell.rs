//! Inputs blown up: what is quick for a hundred bytes must stay so for a hundred thousand, and nesting must not take the
//! stack. How long it takes is for libFuzzer to judge (`-timeout`).

use super::{TARGETS, choice};

/// Bytes that an input is blown up to.
const SIZE: usize = 100_000;

/// The first byte chooses another target, the second what of the input is repeated.
pub fn swell(data: &[u8]) {
    let (which, rest) = choice(data);
    let (how, rest) = choice(rest);
    let (name, run) = TARGETS[usize::from(which) % TARGETS.len()];
    // Itself, and one that is bound by the network.
    if matches!(name, "swell" | "provider") || rest.is_empty() {
        return;
    }
    let times = SIZE / rest.len() + 1;
    let (third, half) = (rest.len() / 3, rest.len() / 2);
    let swollen = match how % 5 {
        0 => rest.repeat(times),
        // Many times what opens, as many times what closes.
        1 => [rest[..half].repeat(times), rest[half..].repeat(times)].concat(),
        2 => [
            &rest[..third],
            &rest[third..2 * third].repeat(times),
            &rest[2 * third..],
        ]
        .concat(),
        3 => [&rest[..half], &rest[half..].repeat(times)].concat(),
        _ => {
            let mut lines = Vec::new();
            for line in rest.split_inclusive(|b| *b == b'\n') {
                lines.extend(line.repeat(times));
            }
            lines
        }
    };
    run(&swollen[..swollen.len().min(2 * SIZE)]);
}
