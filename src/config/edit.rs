//! Changes to the text of config.toml that leave everything else as its owner wrote it.

use toml_edit::{DocumentMut, InlineTable, Item, Key, RawString, Table, Value};

use super::file::Source;
use crate::error::{Error, Result};

/// The keys of `[defaults]` that name an account.
const DEFAULTS: [&str; 2] = ["email", "phone"];

/// A config file's text, open for changes.
pub struct Document {
    toml: DocumentMut,
    /// Lines end in CRLF.
    crlf: bool,
    /// The text begins with a byte order mark.
    marked: bool,
}

const MARK: char = '\u{feff}';

impl Document {
    /// Reads the text; what is no TOML was told by the config's own reader before.
    pub fn parse(source: &Source) -> Result<Document> {
        let marked = source.text.starts_with(MARK);
        let text = source.text.trim_start_matches(MARK);
        let crlf = text.contains("\r\n");
        let toml = text
            .replace("\r\n", "\n")
            .parse::<DocumentMut>()
            .map_err(|e| {
                Error::config(format!("`{}` is not valid TOML", source.path.display()))
                    .because(e.message().to_owned())
            })?;
        Ok(Document { toml, crlf, marked })
    }

    /// The text with its changes.
    pub fn text(&self) -> String {
        let mut text = self.toml.to_string();
        if self.crlf {
            text = text.replace('\n', "\r\n");
        }
        if self.marked {
            text.insert(0, MARK);
        }
        text
    }

    /// Whether there is a table of this account.
    pub fn has_account(&self, name: &str) -> bool {
        self.toml
            .get("accounts")
            .and_then(Item::as_table_like)
            .is_some_and(|accounts| accounts.contains_key(name))
    }

    /// Adds the table of an account behind the others.
    pub fn add_account(&mut self, name: &str, keys: &[(&str, Value)]) {
        let mut table = Table::new();
        for (key, value) in keys {
            table.insert(key, Item::Value(value.clone()));
        }
        // Of a file that holds only comments these come first.
        if self.toml.as_table().is_empty() {
            let comments = written(self.toml.trailing());
            if !comments.trim().is_empty() {
                let gap = if comments.ends_with("\n\n") { "" } else { "\n" };
                let end = if comments.ends_with('\n') { "" } else { "\n" };
                table
                    .decor_mut()
                    .set_prefix(format!("{comments}{end}{gap}"));
                self.toml.set_trailing("");
            }
        }
        let accounts = self.toml.as_table_mut().entry("accounts");
        match accounts.or_insert_with(implicit) {
            Item::Value(Value::InlineTable(accounts)) => {
                accounts.insert(name, Value::InlineTable(table.into_inline_table()));
            }
            Item::Table(accounts) => {
                accounts.insert(name, Item::Table(table));
            }
            // The config's own reader takes nothing else.
            _ => {}
        }
    }

    /// Gives the table of an account another name, in its place.
    pub fn rename_account(&mut self, old: &str, new: &str) {
        let renamed = |key: &Key| {
            if key.get() != old {
                return key.clone();
            }
            Key::new(new)
                .with_leaf_decor(key.leaf_decor().clone())
                .with_dotted_decor(key.dotted_decor().clone())
        };
        match self.toml.get_mut("accounts") {
            Some(Item::Table(accounts)) => {
                for name in names(accounts.iter().map(|(name, _)| name)) {
                    if let Some((key, item)) = accounts.remove_entry(&name) {
                        accounts.insert_formatted(&renamed(&key), item);
                    }
                }
            }
            Some(Item::Value(Value::InlineTable(accounts))) => {
                for name in names(accounts.iter().map(|(name, _)| name)) {
                    if let Some((key, value)) = accounts.remove_entry(&name) {
                        accounts.insert_formatted(&renamed(&key), value);
                    }
                }
            }
            _ => {}
        }
        for key in DEFAULTS {
            if self.default(key) == Some(old) {
                self.set_default(key, Some(new));
            }
        }
        self.rename_fallbacks(old, new);
        self.rename_in_hooks(old, new);
    }

    fn rename_fallbacks(&mut self, old: &str, new: &str) {
        let accounts = self.toml.get_mut("accounts");
        let Some(accounts) = accounts.and_then(Item::as_table_like_mut) else {
            return;
        };
        for (_, account) in accounts.iter_mut() {
            let fallback = account
                .as_table_like_mut()
                .and_then(|account| account.get_mut("fallback"));
            if let Some(Item::Value(value)) = fallback {
                rename(value, old, new);
            }
        }
    }

    fn rename_in_hooks(&mut self, old: &str, new: &str) {
        let hooks = self.toml.get_mut("hooks");
        let Some(hooks) = hooks.and_then(Item::as_table_like_mut) else {
            return;
        };
        for (_, hook) in hooks.iter_mut() {
            let accounts = hook
                .as_table_like_mut()
                .and_then(|hook| hook.get_mut("accounts"));
            match accounts {
                Some(Item::Value(Value::Array(all))) => {
                    all.iter_mut().for_each(|value| rename(value, old, new));
                }
                Some(Item::Value(value)) => rename(value, old, new),
                _ => {}
            }
        }
    }

    /// Removes the table of an account with the comment right above it, and with it its being the default.
    pub fn remove_account(&mut self, name: &str) {
        let removed = match self.toml.get_mut("accounts") {
            Some(Item::Table(accounts)) => accounts.remove(name),
            Some(Item::Value(Value::InlineTable(accounts))) => {
                accounts.remove(name).map(Item::Value)
            }
            _ => None,
        };
        if let Some(Item::Table(gone)) = removed
            && let Some(above) = gone.decor().prefix()
        {
            self.keep_comments(&written(above), gone.position().unwrap_or(isize::MAX));
        }
        for key in DEFAULTS {
            if self.default(key) == Some(name) {
                self.set_default(key, None);
            }
        }
    }

    /// A value of `[defaults]`.
    pub fn default(&self, key: &str) -> Option<&str> {
        self.toml
            .get("defaults")?
            .as_table_like()?
            .get(key)?
            .as_str()
    }

    /// Sets or removes a value of `[defaults]`.
    pub fn set_default(&mut self, key: &str, name: Option<&str>) {
        let Some(name) = name else {
            if let Some(defaults) = self.toml.get_mut("defaults")
                && let Some(defaults) = defaults.as_table_like_mut()
            {
                defaults.remove(key);
            }
            return;
        };
        let defaults = self.toml.as_table_mut().entry("defaults");
        let defaults = defaults.or_insert_with(|| Item::Table(Table::new()));
        let Some(defaults) = defaults.as_table_like_mut() else {
            return;
        };
        let mut value = Value::from(name);
        if let Some(Item::Value(old)) = defaults.get(key) {
            *value.decor_mut() = old.decor().clone();
            if let Some(value_of) = defaults.get_mut(key) {
                *value_of = Item::Value(value);
            }
        } else {
            defaults.insert(key, Item::Value(value));
        }
    }

    /// Of the comments above a table that went, those that an empty line sets apart stay where they are.
    fn keep_comments(&mut self, above: &str, position: isize) {
        let Some((kept, _)) = above.rsplit_once("\n\n") else {
            return;
        };
        if kept.trim().is_empty() {
            return;
        }
        let kept = format!("{kept}\n");
        let mut next = None;
        positions(self.toml.as_table(), &mut |at| {
            if at > position && next.is_none_or(|next| at < next) {
                next = Some(at);
            }
        });
        let below = next.and_then(|at| at_position(self.toml.as_table_mut(), at));
        match below {
            Some(table) => {
                let own = table.decor().prefix().map(written).unwrap_or_default();
                table.decor_mut().set_prefix(format!("{kept}{own}"));
            }
            None => {
                let own = written(self.toml.trailing());
                self.toml.set_trailing(format!("{kept}{own}"));
            }
        }
    }
}

/// Puts another name in the place of this one, with the comment beside it.
fn rename(value: &mut Value, old: &str, new: &str) {
    if value.as_str() == Some(old) {
        let decor = value.decor().clone();
        *value = Value::from(new);
        *value.decor_mut() = decor;
    }
}

/// A table that has no header of its own.
fn implicit() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

fn names<'n>(names: impl Iterator<Item = &'n str>) -> Vec<String> {
    names.map(str::to_owned).collect()
}

fn written(raw: &RawString) -> String {
    raw.as_str().unwrap_or_default().to_owned()
}

/// Calls with the place of every table below this one.
fn positions(table: &Table, tell: &mut impl FnMut(isize)) {
    for (_, item) in table.iter() {
        if let Item::Table(below) = item {
            if let Some(at) = below.position().filter(|_| !below.is_implicit()) {
                tell(at);
            }
            positions(below, tell);
        }
    }
}

fn at_position(table: &mut Table, position: isize) -> Option<&mut Table> {
    for (_, item) in table.iter_mut() {
        if let Item::Table(below) = item {
            if below.position() == Some(position) && !below.is_implicit() {
                return Some(below);
            }
            if let Some(found) = at_position(below, position) {
                return Some(found);
            }
        }
    }
    None
}

/// An account's table alone, as text.
pub fn table(name: &str, keys: &[(&str, Value)]) -> String {
    let mut one = InlineTable::new();
    for (key, value) in keys {
        one.insert(*key, value.clone());
    }
    let mut accounts = InlineTable::new();
    accounts.insert(name, Value::InlineTable(one));
    let mut toml = DocumentMut::new();
    toml.insert("accounts", Item::Value(Value::InlineTable(accounts)));
    toml.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(text: &str, change: impl FnOnce(&mut Document)) -> String {
        let source = Source {
            path: "config.toml".into(),
            text: text.to_owned(),
        };
        let mut document = Document::parse(&source).unwrap();
        change(&mut document);
        document.text()
    }

    const MINE: &str = "# My own file, do not touch.

[defaults]   # who sends
email = \"work\"   # for now

# The office.
[accounts.work]
channel = \"imap\"  # not gmail
  imap = 'imap.example.com'
aliases = [
  \"a@example.com\", # old
]

# At home.
[accounts.home]
channel=\"maildir\"
path=\"~/Mail\"

# How fresh.
[inbox]
max_age = \"60s\"
# the end
";

    fn keys() -> Vec<(&'static str, Value)> {
        vec![
            ("channel", "smtp".into()),
            ("display_name", "Ada \"L\" \\ ünï".into()),
        ]
    }

    #[test]
    fn a_text_without_change_stays_as_it_is() {
        for text in [
            "",
            "# only this\n",
            MINE,
            "\u{feff}[inbox]\n",
            "a.b = 1 # x\n",
        ] {
            assert_eq!(edited(text, |_| {}), text);
        }
        let windows = MINE.replace('\n', "\r\n");
        assert_eq!(edited(&windows, |_| {}), windows);
    }

    #[test]
    fn a_new_table_comes_behind_the_other_accounts() {
        let text = edited(MINE, |d| d.add_account("new", &keys()));
        let (before, after) = MINE.split_once("\n# How fresh.").unwrap();
        let table = "\n[accounts.new]\nchannel = \"smtp\"\ndisplay_name = 'Ada \"L\" \\ ünï'\n";
        assert_eq!(text, format!("{before}{table}\n# How fresh.{after}"));
    }

    #[test]
    fn a_first_table_comes_behind_the_comments() {
        let key = [("channel", Value::from("smtp"))];
        for (text, wanted) in [
            ("", "[accounts.a]\nchannel = \"smtp\"\n"),
            ("# mine\n", "# mine\n\n[accounts.a]\nchannel = \"smtp\"\n"),
            (
                "[inbox]\nmax_age = \"1s\"\n",
                "[inbox]\nmax_age = \"1s\"\n\n[accounts.a]\nchannel = \"smtp\"\n",
            ),
            (
                "[inbox]\r\nmax_age = \"1s\"",
                "[inbox]\r\nmax_age = \"1s\"\r\n\r\n[accounts.a]\r\nchannel = \"smtp\"\r\n",
            ),
            (
                "accounts = { b = { channel = \"smtp\" } }\n",
                "accounts = { b = { channel = \"smtp\" } , a = { channel = \"smtp\" } }\n",
            ),
        ] {
            let found = edited(text, |d| d.add_account("a", &key));
            assert_eq!(found.replace("} ,", "},"), wanted.replace("} ,", "},"));
        }
    }

    #[test]
    fn a_renamed_account_stays_in_its_place() {
        let text = edited(MINE, |d| d.rename_account("work", "office"));
        let wanted = MINE
            .replace("[accounts.work]", "[accounts.office]")
            .replace("email = \"work\"", "email = \"office\"");
        assert_eq!(text, wanted);
        for (text, wanted) in [
            (
                "[accounts]\na = { channel = \"x\" } # 1\nb = {} # 2\n",
                "[accounts]\nz = { channel = \"x\" } # 1\nb = {} # 2\n",
            ),
            (
                "accounts.a.channel = \"x\"\naccounts.b.channel = \"y\"\n",
                "accounts.z.channel = \"x\"\naccounts.b.channel = \"y\"\n",
            ),
            (
                "accounts = { a = {}, b = {} }\n",
                "accounts = { z = {}, b = {} }\n",
            ),
            ("[ accounts . \"a\" ] # c\n", "[ accounts . z ] # c\n"),
            (
                "[accounts.a]\n[hooks.b]\naccounts = [\n  \"b\", # 1\n  \"a\", # 2\n]\n",
                "[accounts.z]\n[hooks.b]\naccounts = [\n  \"b\", # 1\n  \"z\", # 2\n]\n",
            ),
            (
                "[accounts.a]\n[hooks.a]\naccounts = \"a\" # all\n",
                "[accounts.z]\n[hooks.a]\naccounts = \"z\" # all\n",
            ),
        ] {
            assert_eq!(edited(text, |d| d.rename_account("a", "z")), wanted);
        }
    }

    #[test]
    fn a_removed_account_takes_only_its_own_comment() {
        let text = edited(MINE, |d| d.remove_account("home"));
        let gone = "\n# At home.\n[accounts.home]\nchannel=\"maildir\"\npath=\"~/Mail\"\n";
        assert_eq!(text, MINE.replace(gone, ""));
        let text = edited(MINE, |d| d.remove_account("work"));
        assert!(!text.contains("work") && !text.contains("office"), "{text}");
        assert!(text.starts_with("# My own file, do not touch.\n"), "{text}");
        let text = edited("# top\n\n# a\n[accounts.a]\nx = 1\n", |d| {
            d.remove_account("a")
        });
        assert_eq!(text, "# top\n");
        let text = edited("# top\n\n[accounts.a]\nx = 1\n\n[inbox]\n", |d| {
            d.remove_account("a")
        });
        assert_eq!(text, "# top\n\n[inbox]\n");
    }

    #[test]
    fn the_default_is_set_changed_and_taken_back() {
        let text = edited(MINE, |d| d.set_default("email", Some("home")));
        assert_eq!(text, MINE.replace("\"work\"", "\"home\""));
        let text = edited(MINE, |d| d.set_default("email", None));
        assert_eq!(text, MINE.replace("email = \"work\"   # for now\n", ""));
        let text = edited("", |d| d.set_default("email", Some("home")));
        assert_eq!(text, "[defaults]\nemail = \"home\"\n");
        let text = edited("", |d| d.set_default("email", None));
        assert_eq!(text, "");
    }
}
