//! Which argument of which command a word on the line is.

use clap::{Arg, ArgAction, Command};

use crate::ops::complete::Wants;

use super::line::Line;

/// What the last word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub wants: Wants,
    /// Where the value begins in the last word: after `--from=`.
    pub from: usize,
}

/// What the last word of a line is; `None` if the tree of commands says it all, or nobody can know.
pub fn of(root: &Command, line: &Line) -> Option<Slot> {
    let mut walk = Walk {
        root,
        command: root,
        path: Vec::new(),
        placed: 0,
        only_values: false,
    };
    let mut pending = None;
    // `sudo comms send …` is about comms all the same.
    let named = |word: &String| word.rsplit(['/', '\\']).next() == Some(root.get_name());
    let program = line.words.iter().position(named).unwrap_or(0);
    for word in line.words.iter().skip(program + 1) {
        pending = match pending {
            Some(_) => None,
            None => walk.step(word),
        };
    }
    let last = line.last.text.as_str();
    let slot = |arg: &Arg, from| {
        let shown = arg.get_value_names().and_then(|names| names.first());
        let shown = shown.map_or("", |name| name.as_str());
        Wants::of(&walk.path, arg.get_id().as_str(), shown).map(|wants| Slot { wants, from })
    };
    if let Some(arg) = pending {
        return slot(arg, 0);
    }
    if last.starts_with('-') && !walk.only_values {
        let (flag, _) = last.strip_prefix("--")?.split_once('=')?;
        return slot(walk.long(flag)?, flag.len() + 3);
    }
    if walk.command.has_subcommands() {
        return None;
    }
    let positions: Vec<&Arg> = walk.command.get_positionals().collect();
    let arg = match positions.get(walk.placed) {
        Some(arg) => *arg,
        None => *positions.last().filter(|arg| takes_many(arg))?,
    };
    slot(arg, 0)
}

struct Walk<'a> {
    root: &'a Command,
    command: &'a Command,
    path: Vec<&'a str>,
    /// Values without a flag so far.
    placed: usize,
    /// After `--`.
    only_values: bool,
}

impl<'a> Walk<'a> {
    /// Takes a whole word; gives the argument whose value comes next.
    fn step(&mut self, word: &str) -> Option<&'a Arg> {
        if self.only_values || word == "-" || !word.starts_with('-') {
            let child = self.command.find_subcommand(word);
            match child.filter(|_| self.placed == 0 && !self.only_values) {
                Some(child) => {
                    self.command = child;
                    self.path.push(child.get_name());
                }
                None => self.placed += 1,
            }
            return None;
        }
        if word == "--" {
            self.only_values = true;
            return None;
        }
        let arg = match word.strip_prefix("--") {
            Some(long) if long.contains('=') => return None,
            Some(long) => self.long(long)?,
            None => {
                let mut letters = word[1..].chars();
                let arg = letters.find_map(|c| self.short(c).filter(|arg| takes_value(arg)))?;
                // `-mtext` has its value with it.
                if letters.next().is_some() {
                    return None;
                }
                arg
            }
        };
        takes_value(arg).then_some(arg)
    }

    fn long(&self, long: &str) -> Option<&'a Arg> {
        self.args().find(|arg| arg.get_long() == Some(long))
    }

    fn short(&self, short: char) -> Option<&'a Arg> {
        self.args().find(|arg| arg.get_short() == Some(short))
    }

    fn args(&self) -> impl Iterator<Item = &'a Arg> + use<'a> {
        self.command
            .get_arguments()
            .chain(self.root.get_arguments())
    }
}

fn takes_value(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Set | ArgAction::Append)
        && arg.get_num_args().is_none_or(|n| n.min_values() > 0)
}

fn takes_many(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::Append)
        || arg.get_num_args().is_some_and(|n| n.max_values() > 1)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::super::Cli;
    use super::*;

    #[test]
    fn a_word_is_known_by_its_place() {
        let mut cli = Cli::command();
        cli.build();
        let wants = |line: &str| of(&cli, &Line::read(line)).map(|slot| (slot.wants, slot.from));
        for (line, wanted) in [
            ("comms send ad", Some((Wants::Recipient, 0))),
            ("comms send ada bo", Some((Wants::Recipient, 0))),
            ("comms send ada --cc ", Some((Wants::Recipient, 0))),
            ("comms send ada --from w", Some((Wants::Account, 0))),
            ("comms send ada --from=w", Some((Wants::Account, 7))),
            ("comms send -m x ", Some((Wants::Recipient, 0))),
            ("comms send -mx ad", Some((Wants::Recipient, 0))),
            ("comms send -m ", None),
            ("comms send --fr", None),
            ("comms send -- -x", Some((Wants::Recipient, 0))),
            ("comms --json send ad", Some((Wants::Recipient, 0))),
            ("comms inbox show m", Some((Wants::Message, 0))),
            ("comms inbox mark m1 --label w", Some((Wants::Label, 0))),
            ("comms outbox show o", Some((Wants::Item, 0))),
            ("comms inbox sync --account ", Some((Wants::Account, 0))),
            ("comms auth login w", Some((Wants::Account, 0))),
            ("comms contacts show ad", Some((Wants::Contact, 0))),
            ("comms contacts remove c1 ad", Some((Wants::Contact, 0))),
            ("comms contacts group add te", Some((Wants::Group, 0))),
            (
                "comms contacts group add team ad",
                Some((Wants::Recipient, 0)),
            ),
            ("comms contacts add Ada --group t", Some((Wants::Group, 0))),
            ("comms contacts add Ad", None),
            ("comms search wor", None),
            ("comms inb", None),
            ("comms ", None),
            ("comms", None),
            ("comms nonsense more", None),
            (
                "sudo -u ada /opt/comms outbox show o",
                Some((Wants::Item, 0)),
            ),
        ] {
            assert_eq!(wants(line), wanted, "{line}");
        }
    }
}
