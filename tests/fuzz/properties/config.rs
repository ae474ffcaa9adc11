//! What the owner writes down: the config, templates, files of recipients.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use comms::config::file::Source;
use comms::config::flags::{Environment, GlobalFlags};
use comms::config::{Config, prices};
use comms::ops::batch::table::Table;
use comms::rules::template::Template;

use super::{choice, text_of};

/// Any text is a config or an error that says where; the same for prices.
pub fn config(data: &[u8]) {
    let text = &*text_of(data);
    if let Err(error) = of_text(text) {
        assert!(!error.message.is_empty());
        assert!(error.message.len() <= 8 * text.len() + 1_000);
    }
    let source = Source {
        path: PathBuf::from("/nowhere/prices.toml"),
        text: text.to_owned(),
    };
    let _ = prices::parse(&source);
}

/// What a config file of this text would mean.
pub fn of_text(text: &str) -> comms::error::Result<Config> {
    let env = Environment::of([("COMMS_HOME", "/nowhere"), ("HOME", "/nowhere")]);
    Config::without_file(&GlobalFlags::default(), &env)?.with_text(text)
}

/// Any text is a template or an error; filled in, it is bounded, and its headers are lines.
pub fn template(data: &[u8]) {
    let text = &*text_of(data);
    for name in ["note.txt", "note.md", "note.html"] {
        let Ok(template) = Template::read(name, text) else {
            continue;
        };
        let values = template
            .names()
            .iter()
            .map(|name| (name.clone(), "Ada <b>*&".to_owned()));
        let values: BTreeMap<String, String> = values.collect();
        template
            .refuse_unused(values.keys())
            .expect("all of its names are known to it");
        let Ok(filled) = template.render(&values) else {
            continue;
        };
        let headers = [filled.subject, filled.cc, filled.bcc, filled.reply_to];
        assert!(
            headers
                .into_iter()
                .flatten()
                .all(|line| !line.contains(char::is_control))
        );
        assert!(filled.body.len() <= 20_000_000, "{}", filled.body.len());
    }
}

/// Any file is one of recipients or an error; each row has its line, and as many values as there are names.
pub fn batch(data: &[u8]) {
    let (which, rest) = choice(data);
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(rest).expect("the file is written");
    let delimiter = [None, Some(b';'), Some(b'\t')][usize::from(which) % 3];
    let Ok(mut table) = Table::open(file.path(), None, delimiter) else {
        return;
    };
    let names = table.names().len();
    let mut last = 0;
    while let Ok(Some(row)) = table.next_row() {
        assert!(row.line > last, "lines grow");
        last = row.line;
        if let Ok((to, values)) = row.cells {
            assert!(!to.is_empty() && values.len() == names);
        }
    }
}
