//! What the fuzzers start from and what they found, through the same functions: a finding stays a test.

use std::path::Path;

#[path = "../fuzz/properties/mod.rs"]
mod properties;

#[test]
fn every_seed_of_the_fuzzers_keeps_the_promises() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds");
    for (name, _) in properties::TARGETS {
        let folder = std::fs::read_dir(seeds.join(name));
        let folder = folder.unwrap_or_else(|e| panic!("the target `{name}` has no seeds: {e}"));
        let mut files: Vec<_> = folder.map(|file| file.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "the target `{name}` has no seeds");
        for file in files {
            println!("{}", file.display());
            properties::run(name, &std::fs::read(&file).unwrap());
        }
    }
    let known = |name: &str| properties::TARGETS.iter().any(|(known, _)| *known == name);
    for folder in std::fs::read_dir(&seeds).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(known(&name), "`{name}` has seeds and is no target");
    }
}
