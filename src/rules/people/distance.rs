//! How many slips of the fingers are between two folded words.

use super::fold::MAX_WORD;

/// The longest word that is compared, in bytes: one that an index keeps joined of several.
pub const WIDEST: usize = 60;
const _: () = assert!(MAX_WORD <= WIDEST);

/// The slips that make one word of another, up to a bound.
///
/// A slip is a letter too much, too few or wrong, or two neighbours swapped (optimal string alignment). `None` if there
/// are more than `most`. Words longer than [`MAX_WORD`] are compared up to there.
pub fn slips(a: &str, b: &str, most: usize) -> Option<usize> {
    between(cut(a), cut(b), most)
}

/// The same of two words of at most [`WIDEST`] bytes.
pub fn between(a: &[u8], b: &[u8], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    // What both begin and end with costs nothing.
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[head..], &b[head..]);
    let tail = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (a, b) = (&a[..a.len() - tail], &b[..b.len() - tail]);
    if a.is_empty() || b.is_empty() {
        return Some(a.len().max(b.len()));
    }
    if most == 0 {
        return None;
    }
    let mut rows = [[0u8; WIDEST + 1]; 3];
    for (at, cell) in rows[0].iter_mut().enumerate() {
        *cell = at as u8;
    }
    for i in 1..=a.len() {
        let (now, last, before) = (i % 3, (i + 2) % 3, (i + 1) % 3);
        rows[now][0] = i as u8;
        let mut least = rows[now][0];
        for j in 1..=b.len() {
            let change = rows[last][j - 1] + u8::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[last][j] + 1).min(rows[now][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[before][j - 2] + 1);
            }
            rows[now][j] = best;
            least = least.min(best);
        }
        if usize::from(least) > most {
            return None;
        }
    }
    let far = usize::from(rows[a.len() % 3][b.len()]);
    (far <= most).then_some(far)
}

/// What kind of single slip it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slip {
    /// Two neighbours swapped.
    Swapped,
    /// A letter typed twice, or once instead of twice.
    Doubled,
    /// The key beside the right one.
    Neighbour,
    /// A letter left out.
    Missing,
    /// Anything else; two names may differ so.
    Other,
}

/// Says what kind of slip made `typed` of `meant`, which are one slip apart.
pub fn kind_of_slip(typed: &str, meant: &str) -> Slip {
    let (t, m) = (cut(typed), cut(meant));
    let head = t.iter().zip(m).take_while(|(x, y)| x == y).count();
    match t.len().cmp(&m.len()) {
        std::cmp::Ordering::Equal
            if head + 1 < t.len() && t[head] == m[head + 1] && t[head + 1] == m[head] =>
        {
            Slip::Swapped
        }
        std::cmp::Ordering::Equal if head > 0 && head < t.len() && beside(t[head], m[head]) => {
            Slip::Neighbour
        }
        std::cmp::Ordering::Equal => Slip::Other,
        // In a run of one letter the difference shows at its end.
        std::cmp::Ordering::Greater if head > 0 && t.get(head) == t.get(head - 1) => Slip::Doubled,
        std::cmp::Ordering::Less if head > 0 && m.get(head) == m.get(head - 1) => Slip::Doubled,
        std::cmp::Ordering::Less if head > 0 => Slip::Missing,
        _ => Slip::Other,
    }
}

/// Whether two keys are neighbours on any of the three usual layouts of a row.
fn beside(a: u8, b: u8) -> bool {
    const ROWS: [&[u8]; 5] = [
        b"qwertyuiop",
        b"asdfghjkl",
        b"zxcvbnm",
        b"qwertzuiop",
        b"azertyuiop",
    ];
    ROWS.iter()
        .any(|row| row.windows(2).any(|pair| pair == [a, b] || pair == [b, a]))
}

fn cut(word: &str) -> &[u8] {
    let bytes = word.as_bytes();
    &bytes[..bytes.len().min(MAX_WORD)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted_up_to_the_bound() {
        assert_eq!(slips("smiht", "smith", 2), Some(1));
        assert_eq!(slips("smith", "smith", 0), Some(0));
        assert_eq!(slips("smith", "smyth", 0), None);
        assert_eq!(slips("jonson", "johnson", 1), Some(1));
        assert_eq!(slips("kitten", "sitting", 3), Some(3));
        assert_eq!(slips("kitten", "sitting", 2), None);
        assert_eq!(slips("", "abc", 3), Some(3));
        assert_eq!(slips("abc", "", 2), None);
    }

    #[test]
    fn the_kind_of_a_slip_is_told() {
        assert_eq!(kind_of_slip("smiht", "smith"), Slip::Swapped);
        assert_eq!(kind_of_slip("smmith", "smith"), Slip::Doubled);
        assert_eq!(kind_of_slip("filips", "fillips"), Slip::Doubled);
        assert_eq!(kind_of_slip("smoth", "smith"), Slip::Neighbour);
        assert_eq!(kind_of_slip("smth", "smith"), Slip::Missing);
        assert_eq!(kind_of_slip("smyth", "smith"), Slip::Other);
        assert_eq!(kind_of_slip("ling", "king"), Slip::Other);
    }

    proptest::proptest! {
        #[test]
        fn it_agrees_with_the_reference(a in "[a-d]{0,9}", b in "[a-d]{0,9}") {
            let far = strsim::osa_distance(&a, &b);
            proptest::prop_assert_eq!(slips(&a, &b, 20), Some(far));
            proptest::prop_assert_eq!(slips(&a, &b, 2), (far <= 2).then_some(far));
        }
    }
}
