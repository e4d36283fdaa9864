//! Changes to a text that leave every other byte as it was.

use std::ops::Range;

/// One change: what stands at `at` becomes `with`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// Bytes of the text as it is.
    pub at: Range<usize>,
    /// What stands there afterwards.
    pub with: String,
}

impl Edit {
    /// Puts something in.
    #[must_use]
    pub fn insert(at: usize, with: String) -> Edit {
        Edit { at: at..at, with }
    }
}

/// The text with all changes. Where two overlap the first to begin (or else the longer) stays whole, and of the other
/// only the taking away that goes further.
#[must_use]
pub fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| (edit.at.start, std::cmp::Reverse(edit.at.end)));
    let (mut changed, mut from) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        if edit.at.start >= from {
            changed.push_str(text.get(from..edit.at.start).unwrap_or_default());
            changed.push_str(&edit.with);
        }
        from = from.max(edit.at.end);
    }
    changed.push_str(text.get(from..).unwrap_or_default());
    changed
}

/// The text with some ranges as blanks: every other byte and every line stays where it was.
#[must_use]
pub fn blanked(text: &str, ranges: impl Iterator<Item = Range<usize>>) -> String {
    let (mut blanked, mut from) = (String::with_capacity(text.len()), 0);
    for range in ranges {
        blanked.push_str(text.get(from..range.start).unwrap_or_default());
        let gone = text.get(range.clone()).unwrap_or_default();
        blanked.extend(gone.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }));
        from = range.end;
    }
    blanked.push_str(text.get(from..).unwrap_or_default());
    blanked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_made_in_order_and_overlaps_take_away_all() {
        let edit = |at: Range<usize>, with: &str| Edit { at, with: with.to_owned() };
        assert_eq!(
            apply("abcdef", vec![edit(4..5, "X"), edit(1..2, ""), Edit::insert(0, "_".to_owned())]),
            "_acdXf"
        );
        assert_eq!(apply("abcdef", vec![edit(1..4, "X"), edit(2..3, "Y")]), "aXef");
        assert_eq!(apply("abcdef", vec![edit(1..3, "X"), edit(2..5, "Y")]), "aXf");
        assert_eq!(apply("abc", vec![]), "abc");
    }

    #[test]
    fn what_is_blanked_keeps_its_place() {
        assert_eq!(blanked("a茶\nb<c>", [1..5, 6..7].into_iter()), "a   \nb c>");
    }
}
