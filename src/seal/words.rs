//! Runs of words of the paid parts, and where else they stand.
//!
//! A text is taken as its letters and digits alone (`super::text`), so that blanks, case, punctuation and markup hide
//! nothing. Of the paid parts every few letters the next few are put into a table; where a file has the same, it is
//! compared letter by letter in both directions, and counted in words. Refuses to know files and formats.

use std::ops::Range;

use super::html;
use super::text::{self, Escapes, Letter, Markup, View};
use crate::limits;

/// How many words in a row are a leak.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run(usize);

/// Three for a word between blanks, two for a character that is a word of its own: eight words are twelve characters,
/// because a word of Chinese has about one and a half.
const WORD_WEIGHT: usize = 3;
const CHARACTER_WEIGHT: usize = 2;

impl Default for Run {
    fn default() -> Run {
        Run(limits::LEAK_RUN_WORDS_DEFAULT)
    }
}

impl Run {
    /// A run of that many words; `None` outside of `limits::LEAK_RUN_WORDS_MIN..=LEAK_RUN_WORDS_MAX`.
    #[must_use]
    pub fn new(words: usize) -> Option<Run> {
        (limits::LEAK_RUN_WORDS_MIN..=limits::LEAK_RUN_WORDS_MAX).contains(&words).then_some(Run(words))
    }

    /// How many words.
    #[must_use]
    pub const fn words(self) -> usize {
        self.0
    }

    /// How many characters of Chinese.
    #[must_use]
    pub const fn characters(self) -> usize {
        self.weight().div_ceil(CHARACTER_WEIGHT)
    }

    const fn weight(self) -> usize {
        self.0 * WORD_WEIGHT
    }
}

/// The letters of one paid part.
#[derive(Debug)]
pub struct Paid {
    html: String,
    letters: Vec<char>,
    /// Where each word begins, and what the words before it weigh together.
    words: Vec<(usize, usize)>,
    weight: usize,
    /// Letters that also stand where everybody may read them.
    allowed: Vec<Range<usize>>,
}

impl Paid {
    /// The letters of a paid part: its text, then what its pictures and links say in attributes.
    #[must_use]
    pub fn new(html: String) -> Paid {
        let mut paid =
            Paid { html: String::new(), letters: vec![], words: vec![], weight: 0, allowed: vec![] };
        text::letters(&html, Markup::Skipped, &mut |letter| paid.push(letter));
        for token in html::tokens(&html) {
            let Some(tag) = token.start() else { continue };
            for name in ["alt", "title", "aria-label"] {
                let value = tag.get(name).unwrap_or_default();
                text::letters(value, Markup::Read, &mut |letter| paid.push(letter));
            }
        }
        paid.html = html;
        paid
    }

    fn push(&mut self, letter: Letter) {
        if letter.begins {
            self.words.push((self.letters.len(), self.weight));
            let own = text::is_word_of_its_own(letter.char);
            self.weight += if own { CHARACTER_WEIGHT } else { WORD_WEIGHT };
        }
        self.letters.push(letter.char);
    }

    /// What the whole words between two letters weigh.
    fn weight_of(&self, range: &Range<usize>) -> usize {
        let first = self.words.partition_point(|(start, _)| *start < range.start);
        let mut last = self.words.partition_point(|(start, _)| *start < range.end);
        // The last word may go on behind the range.
        let end = self.words.get(last).map_or(self.letters.len(), |(start, _)| *start);
        if end > range.end {
            last = last.saturating_sub(1);
        }
        let before = |index: usize| self.words.get(index).map_or(self.weight, |(_, weight)| *weight);
        before(last).saturating_sub(before(first))
    }

    /// Too short for a run: it is looked for as a whole.
    fn is_short(&self, run: Run) -> bool {
        self.weight < run.weight() || self.letters.len() < run.characters()
    }

    /// Too short to be looked for at all.
    #[must_use]
    pub fn is_too_short(&self) -> bool {
        self.letters.len() < limits::LEAK_LETTERS_MIN
    }

    fn is_run(&self, range: &Range<usize>, run: Run) -> bool {
        if self.is_short(run) {
            return *range == (0..self.letters.len());
        }
        range.len() >= run.characters() && self.weight_of(range) >= run.weight()
    }

    /// The first words of a range of letters, as they stand in the part.
    #[must_use]
    pub fn words(&self, range: &Range<usize>, chars: usize) -> String {
        let (mut count, mut found) = (0, 0..0);
        text::letters(&self.html, Markup::Skipped, &mut |letter| {
            if count == range.start {
                found.start = letter.start;
            }
            if count < range.end {
                found.end = letter.end;
            }
            count += 1;
        });
        let raw = self.html.get(found).unwrap_or_default();
        let plain = plain(raw);
        let mut words: String = plain.chars().take(chars).collect();
        if words.len() < plain.len() {
            words.push('…');
        }
        words
    }
}

/// The text of HTML on one line.
#[must_use]
pub fn plain(html: &str) -> String {
    let (mut plain, mut from) = (String::new(), 0);
    for token in html::tokens(html) {
        plain.push_str(html.get(from..token.span.start).unwrap_or_default());
        plain.push(' ');
        from = token.span.end;
    }
    plain.push_str(html.get(from..).unwrap_or_default());
    let decoded = text::decode(&plain, Escapes::Entities).map_or(plain, |view| view.text);
    decoded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A run of a paid part that stands somewhere else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hit {
    /// Whose: an index into what the table was made of.
    pub paid: usize,
    /// Which letters of the part.
    pub of: Range<usize>,
    /// Where, in bytes of the text that was searched.
    pub at: Range<usize>,
}

/// All paid parts, ready to be looked for.
#[derive(Debug)]
pub struct Index {
    run: Run,
    paid: Vec<Paid>,
    long: Seeds,
    short: Seeds,
}

/// The beginnings that make a closer look worth while.
#[derive(Debug)]
struct Seeds {
    length: usize,
    /// A bit for each hash, so that most places are done with one look.
    filter: Vec<u64>,
    /// Hash, part and letter, sorted.
    seeds: Vec<(u64, u32, u32)>,
}

const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

fn roll(hash: u64, c: char) -> u64 {
    hash.wrapping_mul(BASE).wrapping_add(u64::from(u32::from(c)) + 1)
}

impl Seeds {
    fn new(length: usize, of: impl Iterator<Item = (usize, usize, u64)>) -> Seeds {
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let mut seeds: Vec<(u64, u32, u32)> = of.map(|(p, l, hash)| (hash, small(p), small(l))).collect();
        seeds.sort_unstable();
        seeds.dedup();
        let words = (seeds.len() * 32).next_power_of_two().max(64) / 64;
        let mut seeds = Seeds { length, filter: vec![0; words], seeds };
        for index in 0..seeds.seeds.len() {
            let (word, bits) = seeds.place(seeds.seeds[index].0);
            seeds.filter[word] |= bits;
        }
        seeds
    }

    /// The word of the filter that a hash belongs to, and its three bits in there: about one place in a thousand that has
    /// no seed looks as if it had one, and costs a search.
    fn place(&self, hash: u64) -> (usize, u64) {
        let mixed = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = [0, 6, 12].into_iter().fold(0, |bits, shift| bits | 1 << ((mixed >> (16 + shift)) & 63));
        // The number of words is a power of two.
        let word = (mixed >> 34) & (self.filter.len() as u64 - 1);
        (usize::try_from(word).unwrap_or(0), bits)
    }

    fn with(&self, hash: u64) -> &[(u64, u32, u32)] {
        let (word, bits) = self.place(hash);
        if self.filter.get(word).is_none_or(|there| there & bits != bits) {
            return &[];
        }
        let first = self.seeds.partition_point(|(h, ..)| *h < hash);
        let rest = self.seeds.get(first..).unwrap_or_default();
        rest.get(..rest.partition_point(|(h, ..)| *h == hash)).unwrap_or_default()
    }
}

impl Index {
    /// A table of these parts.
    #[must_use]
    pub fn new(run: Run, paid: Vec<Paid>) -> Index {
        // Any run has a letter whose number the stride divides, with a whole seed behind it.
        let stride = (run.characters() / 3).max(1);
        let length = run.characters() + 1 - stride;
        let hash = |letters: &[char]| letters.iter().fold(0, |hash, c| roll(hash, *c));
        let long =
            paid.iter().enumerate().filter(|(_, part)| !part.is_short(run)).flat_map(|(index, part)| {
                let windows = part.letters.windows(length).enumerate().step_by(stride);
                windows.map(move |(at, letters)| (index, at, hash(letters)))
            });
        let long = Seeds::new(length, long);
        let short = paid.iter().enumerate().filter(|(_, part)| part.is_short(run) && !part.is_too_short());
        let first = |part: &Paid| hash(part.letters.get(..limits::LEAK_LETTERS_MIN).unwrap_or_default());
        let short = Seeds::new(limits::LEAK_LETTERS_MIN, short.map(|(index, part)| (index, 0, first(part))));
        Index { run, paid, long, short }
    }

    /// A part.
    #[must_use]
    pub fn paid(&self, index: usize) -> Option<&Paid> {
        self.paid.get(index)
    }

    /// Runs of the parts that stand in `public` are no leak of part `only`, or of any part.
    pub fn allow(&mut self, public: &str, only: Option<usize>) {
        for hit in self.runs(public) {
            if only.is_none_or(|part| part == hit.paid)
                && let Some(paid) = self.paid.get_mut(hit.paid)
            {
                paid.allowed.push(hit.of);
            }
        }
    }

    /// True where all runs of a hit are allowed.
    fn is_allowed(&self, hit: &Hit) -> bool {
        let Some(paid) = self.paid.get(hit.paid) else { return false };
        let mut allowed: Vec<&Range<usize>> = paid.allowed.iter().collect();
        if allowed.is_empty() {
            return false;
        }
        allowed.sort_by_key(|range| range.start);
        let mut from = hit.of.start;
        for range in allowed {
            if range.start > from && paid.is_run(&(from..range.start.min(hit.of.end)), self.run) {
                return false;
            }
            from = from.max(range.end);
        }
        from >= hit.of.end || !paid.is_run(&(from..hit.of.end), self.run)
    }

    /// Runs of the parts in `text` that may not stand there, in their order. Those of one part that follow each other
    /// closely are one: a link stood between them.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Hit> {
        joined(self.runs(text).into_iter().filter(|hit| !self.is_allowed(hit)).collect())
    }

    /// Every run of the parts in `text`, under up to `limits::LEAK_LAYERS_MAX` layers of escapes, allowed or not.
    fn runs(&self, text: &str) -> Vec<Hit> {
        let mut hits = Vec::new();
        self.scan(text, &[], &mut hits);
        let mut views: Vec<View> = Vec::new();
        while views.len() < limits::LEAK_LAYERS_MAX {
            let top = views.last().map_or(text, |view| view.text.as_str());
            let Some(view) = text::decode(top, Escapes::All) else { break };
            views.push(view);
            let top = views.last().map_or(text, |view| view.text.as_str());
            self.scan(top, &views, &mut hits);
        }
        hits
    }

    /// Looks through one view, with and without its tags.
    fn scan(&self, text: &str, views: &[View], hits: &mut Vec<Hit>) {
        for markup in [Markup::Skipped, Markup::Read] {
            let mut block: Vec<Letter> = Vec::new();
            let mut found = Vec::new();
            text::letters(text, markup, &mut |letter| {
                block.push(letter);
                if block.len() == limits::LEAK_BLOCK_LETTERS {
                    self.scan_block(&block, &mut found);
                    block.drain(..block.len() - limits::LEAK_BLOCK_OVERLAP);
                }
            });
            self.scan_block(&block, &mut found);
            let below =
                |at: &Range<usize>| views.iter().rev().fold(at.clone(), |at, view| view.range_below(&at));
            hits.extend(found.into_iter().map(|hit: Hit| Hit { at: below(&hit.at), ..hit }));
        }
    }

    fn scan_block(&self, block: &[Letter], found: &mut Vec<Hit>) {
        for seeds in [&self.long, &self.short] {
            if seeds.seeds.is_empty() || block.len() < seeds.length {
                continue;
            }
            let top = (0..seeds.length).fold(1_u64, |power, _| power.wrapping_mul(BASE));
            let (mut hash, mut begin) = (0_u64, 0);
            for (index, letter) in block.iter().enumerate() {
                hash = roll(hash, letter.char);
                if let Some(old) = index.checked_sub(seeds.length) {
                    let gone = (u64::from(u32::from(block[old].char)) + 1).wrapping_mul(top);
                    hash = hash.wrapping_sub(gone);
                }
                let Some(start) = (index + 1).checked_sub(seeds.length) else { continue };
                if start < begin {
                    continue;
                }
                let candidates = seeds.with(hash).iter();
                let runs = candidates.filter_map(|(_, part, at)| self.grow(block, start, *part, *at, begin));
                if let Some((hit, end)) = runs.max_by_key(|(hit, _)| hit.of.len()) {
                    found.push(hit);
                    begin = end;
                }
            }
        }
    }

    /// The run around a place where a seed stands, if it is long enough; and the letter behind it.
    fn grow(&self, block: &[Letter], start: usize, part: u32, at: u32, floor: usize) -> Option<(Hit, usize)> {
        let (part, at) = (usize::try_from(part).ok()?, usize::try_from(at).ok()?);
        let paid = self.paid.get(part)?;
        let same = |(a, b): &(&Letter, &char)| a.char == **b;
        let ahead = block.get(start..)?.iter().zip(paid.letters.get(at..)?).take_while(same).count();
        let before = block.get(floor..start)?.iter().rev().zip(paid.letters.get(..at)?.iter().rev());
        let behind = before.take_while(same).count();
        let of = at - behind..at + ahead;
        if !paid.is_run(&of, self.run) {
            return None;
        }
        let (first, last) = (block.get(start - behind)?, block.get(start + ahead - 1)?);
        Some((Hit { paid: part, of, at: first.start..last.end }, start + ahead))
    }
}

/// Hits in the order of their places, those of one part that lie close together as one.
fn joined(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|hit| (hit.paid, hit.at.start, hit.at.end));
    let mut joined: Vec<Hit> = Vec::new();
    for hit in hits {
        match joined.last_mut() {
            Some(last) if last.paid == hit.paid && is_close(last, &hit) => {
                last.at.end = last.at.end.max(hit.at.end);
                last.of = last.of.start.min(hit.of.start)..last.of.end.max(hit.of.end);
            }
            _ => joined.push(hit),
        }
    }
    joined.sort_by_key(|hit| (hit.at.start, hit.paid));
    joined
}

/// True where `b` goes on where `a` ended, in the part and in the file, or overlaps it.
fn is_close(a: &Hit, b: &Hit) -> bool {
    let goes_on = b.of.start >= a.of.end && b.of.start - a.of.end <= limits::LEAK_GAP_LETTERS;
    b.at.start < a.at.end || (goes_on && b.at.start - a.at.end <= limits::LEAK_GAP_BYTES)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEA: &str = "<h2 id=\"how\">How to pour</h2><p>Take the <b>wa</b>ter off the fire when small bubbles rise from the \
        bottom and wait for forty seconds before you pour.</p><p>八十度的水沿着碗边慢慢注入，静置四十秒再出汤，第二泡加十秒。</p>";

    fn index(html: &str) -> Index {
        Index::new(Run::default(), vec![Paid::new(html.to_owned())])
    }

    #[test]
    fn a_run_is_found_however_it_is_written() {
        let index = index(TEA);
        for text in [
            "take the water off the fire when small",
            "xx TAKE, the <i>w</i>ater!\noff the\tfire when -- small yy",
            "taketheWaterOffTheFireWhenSmall",
            r#"{"a":"Take the water\noff the \u0066ire when small"}"#,
            "&lt;p&gt;Take the &lt;b&gt;water&lt;/b&gt; off the fire when small",
            "&amp;lt;b&amp;gt;wa&amp;lt;/b&amp;gt;ter off the fire when small bubbles rise",
            "Take%20the%20water%20off%20the%20fire%20when%20small",
            "<![CDATA[Take the water off the fire when small]]>",
            "<img alt='take the water off the fire when small'>",
            "<!-- Take the wa<b>ter</b> off the fire when small bubbles rise from the bottom -->",
            r#"["take","the","water","off","the","fire","when","small"]"#,
            "八十度的水沿着碗边慢慢注",
            "八 十 度 的 水 <br> 沿 着 碗 边 慢 慢 注 入",
            r"\u516b\u5341\u5ea6\u7684\u6c34\u6cbf\u7740\u7897\u8fb9\u6162\u6162\u6ce8",
            "%E5%85%AB%E5%8D%81%E5%BA%A6%E7%9A%84%E6%B0%B4%E6%B2%BF%E7%9D%80%E7%A2%97%E8%BE%B9%E6%85%A2%E6%85%A2%E6%B3%A8",
            "&#20843;&#21313;&#24230;&#30340;&#27700;&#27839;&#30528;&#30871;&#36793;&#24930;&#24930;&#27880;",
        ] {
            let hits = index.find(text);
            assert_eq!(hits.len(), 1, "{text}");
        }
    }

    #[test]
    fn fewer_words_are_no_leak() {
        let index = index(TEA);
        for text in [
            "take the water off the fire when",
            "八十度的水沿着碗边慢慢",
            "the water the water the water the water",
        ] {
            assert_eq!(index.find(text), [], "{text}");
        }
    }

    #[test]
    fn a_hit_says_where_it_stands_and_which_words() {
        let index = index(TEA);
        let text = "一二三 &lt;p&gt;慢慢注入，静置四十秒再出汤，第二泡&lt;/p&gt; 四五六";
        let hit = &index.find(text)[0];
        assert_eq!(&text[hit.at.clone()], "慢慢注入，静置四十秒再出汤，第二泡");
        assert_eq!(index.paid(0).unwrap().words(&hit.of, 6), "慢慢注入，静…");
    }

    #[test]
    fn what_is_public_anyway_is_allowed_and_what_goes_beyond_is_not() {
        let mut index = index(TEA);
        index.allow("take the water off the fire when small", None);
        assert_eq!(index.find("Take the water off the fire when small"), []);
        let more = "take the water off the fire when small bubbles rise from the bottom and wait for";
        assert_eq!(index.find(more).len(), 1);
        let mut other =
            Index::new(Run::default(), vec![Paid::new(TEA.to_owned()), Paid::new("x".to_owned())]);
        other.allow("take the water off the fire when small", Some(1));
        assert_eq!(other.find("Take the water off the fire when small").len(), 1);
    }

    #[test]
    fn what_is_allowed_is_not_taken_for_a_part_of_its_neighbour() {
        let mut index = index(TEA);
        index.allow("第二泡加十秒静置四十秒再出汤第二泡加十秒", None);
        let text = "静置四十秒再出汤第二泡加十秒 ¶ take the water off the fire when small bubbles rise";
        let hits = index.find(text);
        assert_eq!(
            hits.iter().map(|hit| &text[hit.at.clone()]).collect::<Vec<_>>(),
            ["take the water off the fire when small bubbles rise"]
        );
    }

    #[test]
    fn a_short_part_is_looked_for_as_a_whole() {
        let index = index("<p>密码是 tea2026</p>");
        assert_eq!(index.find("…密码是tea2026…").len(), 1);
        assert_eq!(index.find("密码是 tea202"), []);
        assert!(Paid::new("<p>短文</p>".to_owned()).is_too_short());
    }

    #[test]
    fn a_run_across_the_border_of_two_blocks_is_found() {
        let index = index(TEA);
        for before in limits::LEAK_BLOCK_LETTERS - 20..limits::LEAK_BLOCK_LETTERS + 2 {
            let text = format!("{} take the water off the fire when small", "z".repeat(before));
            assert_eq!(index.find(&text).len(), 1, "{before}");
        }
    }

    proptest! {
        #[test]
        fn every_run_of_a_part_is_found(words in prop::collection::vec("[a-z]{2,9}|[一-龥]", 40..120), from in 0_usize..15, run in 3_usize..12) {
            // The longest run asked for, at the last place asked for, lies inside of the shortest part.
            const { assert!(14 + Run(11).characters() <= 40) };
            let html = format!("<p>{}</p>", words.join(" "));
            let run = Run::new(run).unwrap();
            let index = Index::new(run, vec![Paid::new(html)]);
            let excerpt = words[from..from + run.characters()].join("<br>");
            let text = format!("ZZ {excerpt} QQ");
            prop_assert!(!index.find(&text).is_empty(), "{}", excerpt);
        }
    }
}
