//! Pixels to payloads.
//!
//! Knows in which versions of a picture a code is worth looking for. Refuses to know wallets, and to guess: it
//! returns every payload it saw, and the caller decides.
//!
//! rqrr compares each pixel with the average of its row's neighbourhood and then looks for finder patterns, so
//! what helps is another scale (dots grow together, noise goes away, modules of one pixel get an inside) and
//! another contrast (light codes on dark ground, yellow on white). Attempts go from what most pictures need to
//! what few need, and end with the first that understood all it found.

use std::collections::BTreeSet;

use image::imageops::FilterType;
use image::{DynamicImage, GrayImage, Luma};

use super::PAYLOAD_BYTES_MAX;
use super::contain::contain;
use super::meter::Metered;

/// A version of the picture to look at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Attempt {
    scale: Scale,
    tone: Tone,
}

/// How large the version is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Scale {
    /// Down to [`MIDDLE_PX`], if it has more: fast, and enough for a code that fills a good part of the picture.
    Middle,
    /// The sides of that divided by this. Dots and stray pixels melt into modules.
    Shrunk(u32),
    /// As it came: a code that is small in a large photograph does not survive being scaled down.
    Full,
    /// Three times the sides, where that stays within [`MIDDLE_PX`].
    Tripled,
}

/// What becomes of the colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Tone {
    Grey,
    Inverted,
    /// Black and white, parted where the picture's own histogram parts best.
    Parted,
    PartedInverted,
}

/// The pixels of the version that most attempts look at.
const MIDDLE_PX: u32 = 1_200_000;

/// The whole plan. Its versions have 22 million pixels at most, those of the largest upload.
const PLAN: [Attempt; 8] = [
    Attempt { scale: Scale::Middle, tone: Tone::Grey },
    Attempt { scale: Scale::Middle, tone: Tone::Parted },
    Attempt { scale: Scale::Middle, tone: Tone::Inverted },
    Attempt { scale: Scale::Middle, tone: Tone::PartedInverted },
    Attempt { scale: Scale::Shrunk(2), tone: Tone::Parted },
    Attempt { scale: Scale::Shrunk(4), tone: Tone::Parted },
    Attempt { scale: Scale::Tripled, tone: Tone::Grey },
    Attempt { scale: Scale::Full, tone: Tone::Grey },
];

/// What one attempt saw.
#[derive(Default)]
struct Seen {
    payloads: BTreeSet<String>,
    /// Squares that look like codes and were not understood, or an attempt that was cut short.
    unread: usize,
}

/// The payloads of all codes in a grey picture, each once, sorted; none if there are none or none is readable.
///
/// The work is bounded: by the plan, and in each attempt by the picture's budget of touches.
pub(super) fn payloads(picture: &GrayImage) -> Vec<String> {
    let mut found = BTreeSet::new();
    let mut tried = Vec::new();
    for attempt in PLAN {
        let Some(grey) = version(picture, attempt, &mut tried) else { continue };
        let seen = look(&grey);
        found.extend(seen.payloads);
        // A second code that was seen but not understood could be the one that counts: look on.
        if !found.is_empty() && seen.unread == 0 {
            break;
        }
    }
    found.into_iter().collect()
}

/// One attempt: every code in this version of the picture.
fn look(grey: &GrayImage) -> Seen {
    contain(|| {
        let mut prepared = rqrr::PreparedImage::prepare(Metered::new(grey));
        let mut seen = Seen::default();
        for grid in prepared.detect_grids() {
            match contain(|| grid.decode()) {
                Some(Ok((_, payload))) if (1..=PAYLOAD_BYTES_MAX).contains(&payload.len()) => {
                    seen.payloads.insert(payload);
                }
                Some(Ok(_) | Err(_)) | None => seen.unread += 1,
            }
        }
        seen
    })
    .unwrap_or(Seen { unread: 1, ..Seen::default() })
}

/// The version of the picture an attempt wants, or `None` if it was tried before or does not apply.
fn version(picture: &GrayImage, attempt: Attempt, tried: &mut Vec<((u32, u32), Tone)>) -> Option<GrayImage> {
    let size = attempt.scale.of(picture.dimensions())?;
    if tried.contains(&(size, attempt.tone)) {
        return None;
    }
    tried.push((size, attempt.tone));
    let mut grey = resized(picture, size);
    match attempt.tone {
        Tone::Grey => {}
        Tone::Inverted => invert(&mut grey),
        Tone::Parted => part(&mut grey),
        Tone::PartedInverted => {
            part(&mut grey);
            invert(&mut grey);
        }
    }
    Some(grey)
}

impl Scale {
    /// The size of the version of a picture of this size, or `None` if there is none.
    fn of(self, (width, height): (u32, u32)) -> Option<(u32, u32)> {
        let tripled = u64::from(width) * u64::from(height) * 9;
        match self {
            Scale::Middle => Some(within(MIDDLE_PX, (width, height))),
            Scale::Shrunk(by) => {
                let (width, height) = within(MIDDLE_PX, (width, height));
                Some((width.div_ceil(by), height.div_ceil(by)))
            }
            Scale::Full => Some((width, height)),
            Scale::Tripled => (tripled <= u64::from(MIDDLE_PX)).then_some((width * 3, height * 3)),
        }
    }
}

/// The largest size of the same shape with at most `most` pixels, and not larger than it was.
fn within(most: u32, (width, height): (u32, u32)) -> (u32, u32) {
    if u64::from(width) * u64::from(height) <= u64::from(most) {
        return (width, height);
    }
    let side = |one: u32, other: u32| {
        let scaled = (u64::from(most) * u64::from(one) / u64::from(other)).isqrt();
        u32::try_from(scaled).unwrap_or(one).clamp(1, one)
    };
    (side(width, height), side(height, width))
}

fn resized(picture: &GrayImage, (width, height): (u32, u32)) -> GrayImage {
    if picture.dimensions() == (width, height) {
        return picture.clone();
    }
    let smaller = width < picture.width();
    // `DynamicImage`'s own methods are compiled with the library, and fast in debug builds as well.
    let picture = DynamicImage::ImageLuma8(picture.clone());
    let resized = if smaller {
        picture.thumbnail_exact(width, height)
    } else {
        picture.resize_exact(width, height, FilterType::Triangle)
    };
    resized.into_luma8()
}

fn invert(grey: &mut GrayImage) {
    for Luma([value]) in grey.pixels_mut() {
        *value = u8::MAX - *value;
    }
}

fn part(grey: &mut GrayImage) {
    let threshold = parting(grey.as_raw());
    for Luma([value]) in grey.pixels_mut() {
        *value = if *value > threshold { u8::MAX } else { 0 };
    }
}

/// The value at which dark and light part best (Otsu 1979: the largest variance between the two).
fn parting(values: &[u8]) -> u8 {
    let mut counts = [0_u128; 256];
    for value in values {
        counts[usize::from(*value)] += 1;
    }
    let sum = |range: &[u128], from: u128| {
        range.iter().zip(from..).map(|(count, value)| count * value).sum::<u128>()
    };
    let (all, total) = (counts.iter().sum::<u128>(), sum(&counts, 0));
    let (mut best, mut best_score) = (127, 0);
    let (mut dark, mut dark_sum) = (0, 0);
    for value in u8::MIN..u8::MAX {
        dark += counts[usize::from(value)];
        dark_sum += counts[usize::from(value)] * u128::from(value);
        let light = all - dark;
        if dark == 0 || light == 0 {
            continue;
        }
        // The variance between is (difference of the means)² · dark · light. With both means over the common
        // denominator dark · light it becomes apart² / (dark · light), and stays with integers.
        let apart = (dark_sum * light).abs_diff((total - dark_sum) * dark);
        let score = apart / dark * apart / light;
        if score > best_score {
            (best, best_score) = (value, score);
        }
    }
    best
}

#[cfg(test)]
mod tests;
