//! The house checks itself: who may import whom, and who may write to stdout.

use std::fs;
use std::path::{Path, PathBuf};

/// What each room may import besides itself; a longer path opens only that part of a room.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("clock", &["error"]),
    ("disk", &[]),
    ("lock", &["disk", "error"]),
    ("random", &["error"]),
    ("model", &["error"]),
    ("rules", &["model", "error"]),
    ("format", &["model", "error"]),
    (
        "config",
        &["rules", "format", "model", "clock", "disk", "error"],
    ),
    (
        "secret",
        &["rules", "format", "model", "clock", "disk", "error"],
    ),
    (
        "store",
        &[
            "rules", "format", "model", "clock", "disk", "random", "error",
        ],
    ),
    (
        "net",
        &[
            "secret", "rules", "format", "model", "clock", "lock", "error",
        ],
    ),
    (
        "channel",
        &[
            "net", "config", "rules", "format", "model", "clock", "disk", "random", "error",
        ],
    ),
    (
        "directory",
        &["net", "rules", "format", "model", "clock", "error"],
    ),
    (
        "ops",
        &[
            "channel",
            "directory",
            "net",
            "config",
            "secret",
            "store",
            "rules",
            "format",
            "model",
            "clock",
            "disk",
            "lock",
            "random",
            "error",
        ],
    ),
    (
        "cli",
        &["ops", "model", "error", "config::flags", "format::clean"],
    ),
    (
        "mcp",
        &[
            "ops",
            "model",
            "random",
            "error",
            "config::flags",
            "format::clean",
        ],
    ),
    (
        "serve",
        &["ops", "model", "error", "config::flags", "format::clean"],
    ),
];

#[test]
fn a_room_imports_only_lower_floors() {
    let mut faults = Vec::new();
    for file in sources() {
        let Some(room) = room(&file) else { continue };
        let (_, allowed) = MAY_IMPORT
            .iter()
            .find(|(name, _)| *name == room)
            .unwrap_or_else(|| {
                panic!("room `{room}` has no floor: add it to MAY_IMPORT and lib.rs")
            });
        for path in crate_paths(&code(&file)) {
            let own = path == room || path.starts_with(&format!("{room}::"));
            let open = |a: &&str| path == **a || path.starts_with(&format!("{a}::"));
            if !own && !allowed.iter().any(open) {
                faults.push(format!(
                    "{}: `{room}` may not import `crate::{path}`",
                    file.display()
                ));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn only_the_output_layer_and_main_write_to_stdout() {
    let mut faults = Vec::new();
    for file in sources() {
        let at = file.display().to_string();
        if at.ends_with("src/main.rs") || at.contains("src/cli/output/") {
            continue;
        }
        // Asking what stdout is writes nothing.
        let code = code(&file).replace("stdout().is_terminal()", "");
        for word in [
            "println!",
            "print!(",
            "eprintln!",
            "stdout()",
            "process::exit",
        ] {
            if code.contains(word) {
                faults.push(format!("{at}: `{word}`"));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn only_the_config_reads_the_environment() {
    for file in sources() {
        let at = file.display().to_string();
        if !at.contains("src/config/") && !at.ends_with("src/main.rs") {
            assert!(
                !code(&file).contains("env::var"),
                "{at} reads the environment"
            );
        }
    }
}

#[test]
fn every_file_says_what_lives_in_it() {
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        assert!(
            text.starts_with("//! "),
            "{} does not begin with `//!`",
            file.display()
        );
    }
}

#[test]
fn nothing_is_left_to_do() {
    let marks = ["todo!(", "unimplemented!(", "TODO", "FIXME"];
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        let found = marks.iter().find(|m| text.contains(**m));
        assert!(found.is_none(), "{} still says {found:?}", file.display());
    }
}

/// A file that no `mod` names is not compiled, and its tests don't run: nobody would notice.
#[test]
fn every_file_is_compiled() {
    let mut files = Vec::new();
    for folder in ["src", "tests/it", "tests/support"] {
        walk(&root().join(folder), &mut files);
    }
    assert!(files.len() > 700, "the files were not found");
    for file in &files {
        let folder = file.parent().unwrap();
        let (name, above) = match file.file_stem().unwrap().to_str().unwrap() {
            "lib" | "main" => continue,
            // A folder's own file is named by the folder above.
            "mod" => (folder.file_name().unwrap(), folder.parent().unwrap()),
            _ => (file.file_stem().unwrap(), folder),
        };
        let declared = format!("mod {};", name.to_str().unwrap());
        let mut parents: Vec<PathBuf> = ["mod.rs", "lib.rs", "main.rs", "it/main.rs"]
            .map(|parent| above.join(parent))
            .into();
        parents.push(above.with_extension("rs"));
        let is_named = parents
            .iter()
            .any(|parent| fs::read_to_string(parent).is_ok_and(|text| text.contains(&declared)));
        assert!(is_named, "no file says `{declared}` for {}", file.display());
    }
}

/// Rust files of the crate, without those that hold only tests.
fn sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    walk(&root().join("src"), &mut files);
    files.retain(|f| {
        let inside = f.strip_prefix(root()).unwrap();
        inside.iter().all(|n| n != "tests" && n != "tests.rs")
    });
    assert!(files.len() > 40, "the sources were not found");
    files
}

fn walk(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The room of a file; none for lib.rs and main.rs, which may use everything.
fn room(file: &Path) -> Option<String> {
    let inside = file.strip_prefix(root().join("src")).unwrap();
    let first = inside.iter().next().unwrap().to_str().unwrap();
    let room = first.strip_suffix(".rs").unwrap_or(first);
    (!matches!(room, "lib" | "main")).then(|| room.to_owned())
}

/// The file without comments and without its test module.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let text = match text.find("#[cfg(test)]\nmod ") {
        Some(tests) => &text[..tests],
        None => &text,
    };
    let without_comments = |line: &str| match line.trim_start().starts_with("//") {
        true => String::new(),
        false => line.to_owned(),
    };
    text.lines()
        .map(without_comments)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every `crate::…` path, those in groups of a `use` spelled out.
fn crate_paths(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // Not the tail of another word (`$crate::` is ours too).
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        expand(&code[at + "crate::".len()..], "", &mut paths);
    }
    paths
}

/// Reads one path, or the branches of a `{…}` group; gives what follows it.
fn expand<'c>(text: &'c str, prefix: &str, paths: &mut Vec<String>) -> &'c str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start().trim_start_matches(',').trim_start();
            if rest.is_empty() || rest.starts_with('}') {
                return rest.strip_prefix('}').unwrap_or(rest);
            }
            rest = expand(rest, prefix, paths);
            // `x as y`
            let end = rest.find([',', '}']).unwrap_or(rest.len());
            rest = &rest[end..];
        }
    }
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*'))
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let path = match prefix {
        "" => word.to_owned(),
        prefix => format!("{prefix}::{word}"),
    };
    match rest.strip_prefix("::") {
        Some(inner) if !inner.starts_with('<') => expand(inner, &path, paths),
        _ => {
            paths.push(path);
            // An empty word would be read for ever.
            if word.is_empty() {
                text.get(1..).unwrap_or("")
            } else {
                rest
            }
        }
    }
}

#[test]
fn paths_are_read_out_of_groups() {
    let code = "use crate::{error::{Error, Result}, ops::App};\nfn f() -> crate::store::Store {}";
    assert_eq!(
        crate_paths(code),
        ["error::Error", "error::Result", "ops::App", "store::Store"]
    );
}
