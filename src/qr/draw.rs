//! Payload to picture.
//!
//! Knows how to draw a code that any phone reads. Refuses to know what the payload means and to decorate it: no
//! logo, no colour, no rounded corners.

use image::codecs::png::CompressionType;
use image::{DynamicImage, GrayImage, Luma};
use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};

use super::decode::png;
use super::{DRAWN_SIDE_PX, PAYLOAD_BYTES_MAX};

/// The margin around a code, in modules: what the standard (ISO/IEC 18004) asks for.
const QUIET_ZONE: usize = 4;

/// The smallest module, in pixels, however long the payload is.
const MODULE_PX_MIN: usize = 4;

/// Why a payload cannot be drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DrawError {
    /// There is nothing to draw.
    #[error("an empty payload cannot be drawn as a code")]
    Empty,
    /// More than [`PAYLOAD_BYTES_MAX`] bytes.
    #[error("a payload of more than {PAYLOAD_BYTES_MAX} bytes cannot be drawn as a code")]
    TooLong,
    /// The encoder failed, or what it made does not read back.
    #[error("the payload could not be drawn as a code")]
    Encoder,
}

impl DrawError {
    /// The stable name of the error, for the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            DrawError::Empty => "payload_empty",
            DrawError::TooLong => "payload_too_long",
            DrawError::Encoder => "payload_not_drawable",
        }
    }
}

/// Draws `payload` as a PNG: black modules on white, error correction M, a quiet zone of four modules, about
/// [`DRAWN_SIDE_PX`] pixels a side. The same payload gives the same bytes.
///
/// # Errors
/// [`DrawError`]: the payload is empty or too long, or cannot be encoded so that it reads back.
pub fn draw(payload: &str) -> Result<Vec<u8>, DrawError> {
    let code = checked(payload)?;
    let picture = paint(&code).ok_or(DrawError::Encoder)?;
    png(&DynamicImage::ImageLuma8(picture), CompressionType::Best).ok_or(DrawError::Encoder)
}

/// Draws `payload` for a terminal: two modules a character cell, the light ones as blocks, so that a phone reads it on the
/// usual dark ground; on a light ground most phones read the inverse too.
///
/// # Errors
/// [`DrawError`], as [`draw`].
pub fn draw_for_terminal(payload: &str) -> Result<String, DrawError> {
    let code = checked(payload)?;
    let side = code.width() + 2 * QUIET_ZONE;
    let light = |x: usize, y: usize| {
        let inside = |at: usize| at.checked_sub(QUIET_ZONE).filter(|at| *at < code.width());
        !matches!((inside(x), inside(y)), (Some(x), Some(y)) if code[(x, y)] == Color::Dark)
    };
    let cell = |x: usize, y: usize| match (light(x, y), y + 1 < side && light(x, y + 1)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    let line = |y: usize| (0..side).map(|x| cell(x, y)).collect::<String>();
    Ok((0..side).step_by(2).map(line).collect::<Vec<_>>().join("\n"))
}

/// A code that reads back.
fn checked(payload: &str) -> Result<QrCode, DrawError> {
    if payload.is_empty() {
        return Err(DrawError::Empty);
    }
    if payload.len() > PAYLOAD_BYTES_MAX {
        return Err(DrawError::TooLong);
    }
    let code = encode(payload.as_bytes()).ok_or(DrawError::Encoder)?;
    // Money follows this picture: another library has to read the same payload from the same modules.
    if reads_back(&code, payload) { Ok(code) } else { Err(DrawError::Encoder) }
}

/// The smallest code that holds the payload.
///
/// In byte mode throughout: the encoder's own choice takes some UTF-8 for Shift JIS kanji, which readers then
/// turn into other letters.
fn encode(payload: &[u8]) -> Option<QrCode> {
    (1..=40).find_map(|version| {
        let mut bits = Bits::new(Version::Normal(version));
        bits.push_byte_data(payload).ok()?;
        bits.push_terminator(EcLevel::M).ok()?;
        QrCode::with_bits(bits, EcLevel::M).ok()
    })
}

fn reads_back(code: &QrCode, payload: &str) -> bool {
    let grid = rqrr::SimpleGrid::from_func(code.width(), |x, y| code[(x, y)] == Color::Dark);
    rqrr::Grid::new(grid).decode().is_ok_and(|(_, read)| read == payload)
}

fn paint(code: &QrCode) -> Option<GrayImage> {
    let modules = code.width() + 2 * QUIET_ZONE;
    let module_px = (usize::try_from(DRAWN_SIDE_PX).ok()? / modules).max(MODULE_PX_MIN);
    let side = u32::try_from(modules * module_px).ok()?;
    let dark =
        |pixel: u32| (pixel as usize / module_px).checked_sub(QUIET_ZONE).filter(|at| *at < code.width());
    Some(GrayImage::from_fn(side, side, |x, y| match (dark(x), dark(y)) {
        (Some(x), Some(y)) if code[(x, y)] == Color::Dark => Luma([0]),
        (Some(_) | None, Some(_) | None) => Luma([255]),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::decode::decode;
    use crate::qr::read::payloads;
    use proptest::prelude::*;

    fn drawn(payload: &str) -> GrayImage {
        decode(&draw(payload).expect("drawable")).expect("our own PNG decodes").into_luma8()
    }

    #[test]
    fn a_drawn_code_is_crisp_black_on_white_with_a_quiet_zone() {
        let code = drawn("wxp://f2f0MATCHA");
        let (side, height) = code.dimensions();
        assert_eq!(side, height);
        assert!((500..=600).contains(&side), "{side}");
        assert!(code.pixels().all(|pixel| matches!(pixel.0, [0] | [255])));
        let corner = (0..side).find(|at| code.get_pixel(*at, *at).0 == [0]).expect("a finder pattern");
        let run = (corner..side).take_while(|x| code.get_pixel(*x, corner).0 == [0]).count();
        let module = u32::try_from(run / 7).expect("small");
        assert_eq!(corner, 4 * module, "quiet zone of four modules of {module} px");
        assert!((0..side).all(|x| (0..corner).all(|y| code.get_pixel(x, y).0 == [255])));
    }

    #[test]
    fn drawing_is_deterministic() {
        assert_eq!(draw("wxp://f2f0MATCHA"), draw("wxp://f2f0MATCHA"));
        assert_ne!(draw("wxp://f2f0MATCHA"), draw("wxp://f2f0MATCHB"));
    }

    #[test]
    fn a_terminal_shows_the_same_code() {
        let payload = "matcha://pair?server=https%3A%2F%2Fpay.example&code=23456-789BC";
        let shown = draw_for_terminal(payload).unwrap();
        let lines: Vec<Vec<char>> = shown.lines().map(|line| line.chars().collect()).collect();
        let width = lines[0].len();
        assert!(lines.iter().all(|line| line.len() == width) && lines.len() == width.div_ceil(2));
        assert!(width <= 80, "{width} columns");
        let pixel = |x: u32, y: u32| {
            let (column, row) = (x as usize / 4, y as usize / 4);
            let light = match lines[row / 2][column] {
                '█' => true,
                '▀' => row % 2 == 0,
                '▄' => row % 2 == 1,
                _ => false,
            };
            Luma([if light { 255 } else { 0 }])
        };
        let side = u32::try_from(width * 4).unwrap();
        assert_eq!(payloads(&GrayImage::from_fn(side, side, pixel)), [payload]);
    }

    #[test]
    fn the_error_correction_is_m() {
        let mut code = rqrr::PreparedImage::prepare(drawn("wxp://f2f0MATCHA"));
        let (facts, _) = code.detect_grids()[0].decode().expect("readable");
        // The standard's bits for M.
        assert_eq!(facts.ecc_level, 0);
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        assert_eq!(draw(""), Err(DrawError::Empty));
        assert_eq!(draw(&"x".repeat(PAYLOAD_BYTES_MAX + 1)), Err(DrawError::TooLong));
        let longest = "x".repeat(PAYLOAD_BYTES_MAX);
        assert_eq!(payloads(&drawn(&longest)), [longest]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn every_payload_reads_back_from_its_picture(payload in "[ -~]{1,120}|\\PC{1,40}|ァ{1,30}") {
            prop_assert_eq!(payloads(&drawn(&payload)), [payload]);
        }
    }
}
