//! Emoji by their names in Slack: the ones people react with. Others are named by who reacts.

/// Signs and names (Slack's own, without colons).
const NAMES: &[(&str, &str)] = &[
    ("👍", "+1"),
    ("👎", "-1"),
    ("❤", "heart"),
    ("😀", "grinning"),
    ("😄", "smile"),
    ("😂", "joy"),
    ("🤣", "rolling_on_the_floor_laughing"),
    ("🙂", "slightly_smiling_face"),
    ("😉", "wink"),
    ("😍", "heart_eyes"),
    ("😎", "sunglasses"),
    ("🤔", "thinking_face"),
    ("😢", "cry"),
    ("😭", "sob"),
    ("😡", "rage"),
    ("😱", "scream"),
    ("😅", "sweat_smile"),
    ("🙃", "upside_down_face"),
    ("😴", "sleeping"),
    ("🙏", "pray"),
    ("👏", "clap"),
    ("🙌", "raised_hands"),
    ("👋", "wave"),
    ("💪", "muscle"),
    ("👌", "ok_hand"),
    ("🤝", "handshake"),
    ("👀", "eyes"),
    ("🎉", "tada"),
    ("🚀", "rocket"),
    ("🔥", "fire"),
    ("✨", "sparkles"),
    ("⭐", "star"),
    ("💯", "100"),
    ("✅", "white_check_mark"),
    ("☑", "ballot_box_with_check"),
    ("✔", "heavy_check_mark"),
    ("❌", "x"),
    ("❗", "exclamation"),
    ("❓", "question"),
    ("⚠", "warning"),
    ("🚨", "rotating_light"),
    ("🛑", "octagonal_sign"),
    ("🚧", "construction"),
    ("⏳", "hourglass_flowing_sand"),
    ("⌛", "hourglass"),
    ("💡", "bulb"),
    ("📌", "pushpin"),
    ("📎", "paperclip"),
    ("🐛", "bug"),
    ("🔒", "lock"),
    ("🔑", "key"),
    ("🎂", "birthday"),
    ("☕", "coffee"),
    ("🍕", "pizza"),
    ("🍺", "beer"),
    ("🟢", "large_green_circle"),
    ("🟡", "large_yellow_circle"),
    ("🔴", "red_circle"),
    ("➕", "heavy_plus_sign"),
    ("➖", "heavy_minus_sign"),
    ("💔", "broken_heart"),
    ("💙", "blue_heart"),
    ("💚", "green_heart"),
    ("💜", "purple_heart"),
    ("🤷", "shrug"),
    ("🤦", "face_palm"),
    ("🫡", "saluting_face"),
    ("👆", "point_up_2"),
    ("👇", "point_down"),
    ("👈", "point_left"),
    ("👉", "point_right"),
];

/// What comes behind a sign to show it in colour.
const VARIANT: char = '\u{FE0F}';
/// The tones of skin, light to dark; Slack counts them from 2.
const TONES: [char; 5] = [
    '\u{1F3FB}',
    '\u{1F3FC}',
    '\u{1F3FD}',
    '\u{1F3FE}',
    '\u{1F3FF}',
];

/// The name of an emoji given as itself or as `:name:`; `None` if it is not known.
pub fn emoji_name(given: &str) -> Option<String> {
    let given = given.trim();
    if let Some(name) = given.strip_prefix(':').and_then(|g| g.strip_suffix(':')) {
        let plain = |c: char| c.is_lowercase() || c.is_ascii_digit() || "_+-':".contains(c);
        return (!name.is_empty() && name.len() <= 100 && name.chars().all(plain))
            .then(|| name.to_owned());
    }
    let tone = TONES.iter().position(|tone| given.contains(*tone));
    let bare: String = given
        .chars()
        .filter(|c| *c != VARIANT && !TONES.contains(c))
        .collect();
    let (_, name) = NAMES.iter().find(|(sign, _)| *sign == bare)?;
    Some(match tone {
        Some(tone) => format!("{name}::skin-tone-{}", tone + 2),
        None => (*name).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_is_named_as_slack_names_it() {
        for (given, name) in [
            ("👍", Some("+1")),
            ("❤️", Some("heart")),
            ("👍🏽", Some("+1::skin-tone-4")),
            (":party-parrot:", Some("party-parrot")),
            ("🦖", None),
            ("::", None),
            (":A b:", None),
            ("tada", None),
        ] {
            assert_eq!(emoji_name(given).as_deref(), name, "{given}");
        }
    }
}
