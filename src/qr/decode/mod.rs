//! Bytes to pixels, and pixels to PNG.
//!
//! Knows three formats by their first bytes and the limits of what may be decoded. Refuses to know file names,
//! media types and metadata: an orientation is applied, everything else (EXIF, ICC, XMP, text, whatever follows
//! the picture) is left behind.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::imageops;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::contain::contain;
use super::{DECODED_BYTES_MAX, IntakeError, PICTURE_SIDE_PX_MAX, UPLOAD_BYTES_MAX, UPLOAD_SIDE_PX_MAX};

/// Decodes an upload into 8-bit grey or RGB without transparency.
///
/// The size in bytes, the format and the dimensions in the header are checked before pixels are allocated. Of an
/// animation, the first frame is taken.
///
/// # Errors
/// One of each [`IntakeError`].
pub(super) fn decode(bytes: &[u8]) -> Result<DynamicImage, IntakeError> {
    if bytes.len() > UPLOAD_BYTES_MAX {
        return Err(IntakeError::TooLarge);
    }
    let format = sniff(bytes).ok_or(IntakeError::Format)?;
    contain(|| decode_as(bytes, format)).unwrap_or(Err(IntakeError::Broken))
}

/// The format the first bytes tell. Names and media types are claims of the sender and not asked.
fn sniff(bytes: &[u8]) -> Option<ImageFormat> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some(ImageFormat::Png)
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Some(ImageFormat::Jpeg)
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some(ImageFormat::WebP)
    } else {
        None
    }
}

fn decode_as(bytes: &[u8], format: ImageFormat) -> Result<DynamicImage, IntakeError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    let (width, height) = decoder.dimensions();
    let sides_fit = (1..=UPLOAD_SIDE_PX_MAX).contains(&width) && (1..=UPLOAD_SIDE_PX_MAX).contains(&height);
    if !sides_fit || decoder.total_bytes() > DECODED_BYTES_MAX {
        return Err(IntakeError::Dimensions);
    }
    // Metadata that cannot be read is no reason to refuse the picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    picture.apply_orientation(orientation);
    Ok(flatten(picture))
}

/// `image`'s own default has no limit on the sides.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(UPLOAD_SIDE_PX_MAX);
    limits.max_image_height = Some(UPLOAD_SIDE_PX_MAX);
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    limits
}

fn refusal(error: &ImageError) -> IntakeError {
    if matches!(error, ImageError::Limits(_)) { IntakeError::Dimensions } else { IntakeError::Broken }
}

/// Lays the picture on white, as a browser's page would, and drops everything above 8 bits.
fn flatten(picture: DynamicImage) -> DynamicImage {
    let colour = picture.color();
    if colour.has_alpha() {
        let mut rgba = picture.into_rgba8();
        for pixel in rgba.chunks_exact_mut(4) {
            if let [colours @ .., alpha] = pixel {
                for channel in colours {
                    *channel = over_white(*channel, *alpha);
                }
            }
        }
        return DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(rgba).into_rgb8());
    }
    if colour.has_color() {
        DynamicImage::ImageRgb8(picture.into_rgb8())
    } else {
        DynamicImage::ImageLuma8(picture.into_luma8())
    }
}

fn over_white(channel: u8, alpha: u8) -> u8 {
    let alpha = u16::from(alpha);
    let mixed = (u16::from(channel) * alpha + 255 * (255 - alpha)) / 255;
    u8::try_from(mixed).unwrap_or(u8::MAX)
}

/// Encodes a decoded picture anew as PNG, scaled down to [`PICTURE_SIDE_PX_MAX`]; `None` if that fails.
pub(super) fn encode(picture: &DynamicImage) -> Option<Vec<u8>> {
    let side = PICTURE_SIDE_PX_MAX;
    if picture.width() <= side && picture.height() <= side {
        return png(picture, CompressionType::Default);
    }
    png(&picture.resize(side, side, imageops::FilterType::Triangle), CompressionType::Default)
}

/// A PNG of exactly these pixels, the same bytes every time; `None` if that fails.
pub(super) fn png(picture: &DynamicImage, compression: CompressionType) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, compression, FilterType::Adaptive);
    picture.write_with_encoder(encoder).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests;
