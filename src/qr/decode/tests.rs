//! Hostile and merely odd uploads.

use std::iter;

use image::codecs::png::PngEncoder;
use image::{GrayImage, ImageBuffer, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;

use super::*;
use crate::domain::channel::Channel;
use crate::qr::fixtures::{BLACK, Style, WECHAT, WHITE, code, jpeg, png as as_png, png_chunk, webp};
use crate::qr::intake;

const SECRET: &[u8] = b"<script>GPS 39.9042 N</script>";

fn refused(bytes: &[u8]) -> Option<IntakeError> {
    decode(bytes).err()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// Two colours side by side, wider than high.
fn flag() -> RgbImage {
    RgbImage::from_fn(80, 40, |x, _| if x < 40 { BLACK } else { WHITE })
}

/// A PNG of a header, no pixels and an end.
fn png_header(width: u32, height: u32, depth: u8, colour: u8) -> Vec<u8> {
    let (width, height) = (width.to_be_bytes(), height.to_be_bytes());
    let header = [&width[..], &height, &[depth, colour, 0, 0, 0]].concat();
    [
        b"\x89PNG\r\n\x1a\n",
        &png_chunk(b"IHDR", &header)[..],
        &png_chunk(b"IDAT", b""),
        &png_chunk(b"IEND", b""),
    ]
    .concat()
}

/// A JPEG with EXIF: an orientation, and a secret in the maker's name.
fn jpeg_with_exif(picture: &RgbImage, orientation: u8) -> Vec<u8> {
    let plain = jpeg(picture, 90);
    let length = u32::try_from(SECRET.len()).expect("short");
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x02".to_vec();
    tiff.extend([&b"\x01\x0f\0\x02"[..], &length.to_be_bytes(), &38_u32.to_be_bytes()].concat());
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]);
    tiff.extend(SECRET);
    let body = [b"Exif\0\0", &tiff[..]].concat();
    let size = u16::try_from(body.len() + 2).expect("short").to_be_bytes();
    [&plain[..2], b"\xff\xe1", &size, &body, &plain[2..]].concat()
}

#[test]
fn other_formats_are_refused_whatever_they_claim() {
    for bytes in [
        &b""[..],
        b"\x89PNG",
        b"GIF89a\x01\0\x01\0\0\0\0;",
        b"BM\x46\0\0\0\0\0\0\0",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<?xml version='1.0'?><svg/>",
        b"\0\0\0\x1cftypavif",
        b"II*\0\x08\0\0\0",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"<!doctype html>",
    ] {
        assert_eq!(refused(bytes), Some(IntakeError::Format), "{bytes:?}");
    }
}

#[test]
fn too_many_bytes_are_refused_before_anything_else() {
    assert_eq!(refused(&vec![0; UPLOAD_BYTES_MAX + 1]), Some(IntakeError::TooLarge));
    assert_eq!(refused(&vec![0; UPLOAD_BYTES_MAX]), Some(IntakeError::Format));
}

#[test]
fn floods_of_pixels_are_refused_by_their_header() {
    for (width, height, depth, colour) in
        [(60_000, 60_000, 8, 6), (u32::MAX, 1, 8, 0), (4097, 16, 8, 2), (16, 4097, 1, 0), (4096, 4096, 16, 6)]
    {
        let flood = png_header(width, height, depth, colour);
        assert_eq!(refused(&flood), Some(IntakeError::Dimensions), "PNG {width}×{height}");
    }
    let mut flood = jpeg(&flag(), 80);
    let frame = flood.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame header");
    flood[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    assert_eq!(refused(&flood), Some(IntakeError::Dimensions), "JPEG 65535×65535");
    let mut flood = webp(&flag());
    // VP8L: 14 bits of width and 14 of height after the signature byte.
    flood[21..25].copy_from_slice(&[0xff, 0xff, 0xff, 0x0f]);
    assert_eq!(refused(&flood), Some(IntakeError::Dimensions), "WebP 16384×16384");
}

#[test]
fn the_largest_picture_is_taken() {
    let side = UPLOAD_SIDE_PX_MAX;
    let mut bytes = Vec::new();
    let largest = GrayImage::from_pixel(side, side, Luma([255]));
    DynamicImage::ImageLuma8(largest).write_with_encoder(PngEncoder::new(&mut bytes)).expect("encodes");
    assert_eq!(decode(&bytes).map(|picture| (picture.width(), picture.height())), Ok((side, side)));
}

#[test]
fn cut_files_are_damaged_and_never_panic() {
    let picture = code(WECHAT, Style::PLAIN);
    for (name, whole) in [("PNG", as_png(&picture)), ("JPEG", jpeg(&picture, 80)), ("WebP", webp(&picture))] {
        assert!(decode(&whole).is_ok(), "{name}");
        for tenth in 1..10 {
            let cut = &whole[..whole.len() * tenth / 10];
            match decode(cut) {
                Err(error) => assert_eq!(error, IntakeError::Broken, "{name} cut to {tenth}/10"),
                // The JPEG decoder shows what there is and leaves the rest grey.
                Ok(picture) => {
                    assert_eq!((name, picture.width()), ("JPEG", 360), "{name} cut to {tenth}/10");
                }
            }
        }
    }
    assert_eq!(refused(&png_header(10, 10, 8, 2)), Some(IntakeError::Broken));
}

#[test]
fn nothing_that_is_not_a_pixel_survives() {
    let art = flag();
    let mut with_text = as_png(&art);
    let text = png_chunk(b"tEXt", &[b"Comment\0", SECRET].concat());
    with_text.splice(33..33, text);
    let followed = |bytes: Vec<u8>| [&bytes[..], SECRET].concat();
    for (name, bytes) in [
        ("text in a PNG", with_text),
        ("HTML behind a PNG", followed(as_png(&art))),
        ("HTML behind a JPEG", followed(jpeg(&art, 90))),
        ("HTML behind a WebP", followed(webp(&art))),
        ("EXIF in a JPEG", jpeg_with_exif(&art, 1)),
    ] {
        assert!(holds(&bytes, SECRET), "{name}");
        let taken = intake(&bytes, Channel::Wechat).expect(name);
        assert!(!taken.verified, "{name}: kept as a picture");
        assert!(!holds(&taken.png, SECRET) && !holds(&taken.png, b"Exif"), "{name}");
        let chunks = [b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"iCCP", b"tIME"];
        assert!(chunks.iter().all(|chunk| !holds(&taken.png, *chunk)), "{name}");
        assert!(taken.png.ends_with(&png_chunk(b"IEND", b"")), "{name}: nothing follows the end");
    }
}

#[test]
fn the_orientation_of_a_photograph_is_applied() {
    // 6: turned by a quarter; what was left is on top.
    let upright = decode(&jpeg_with_exif(&flag(), 6)).expect("a picture").into_rgb8();
    assert_eq!(upright.dimensions(), (40, 80));
    assert!(upright.get_pixel(20, 10).0[0] < 50 && upright.get_pixel(20, 70).0[0] > 200);
}

#[test]
fn transparency_is_laid_on_white_and_depth_is_reduced() {
    let pixels = |picture: DynamicImage| {
        let mut bytes = Vec::new();
        picture.write_with_encoder(PngEncoder::new(&mut bytes)).expect("encodes");
        decode(&bytes).expect("a picture").into_rgb8().into_raw()
    };
    let glass = RgbaImage::from_fn(3, 1, |x, _| Rgba([0, 100, 0, [0, 128, 255][x as usize]]));
    assert_eq!(pixels(DynamicImage::ImageRgba8(glass)), [255, 255, 255, 127, 177, 127, 0, 100, 0]);
    let deep = ImageBuffer::from_pixel(1, 1, Luma([0x8080_u16]));
    assert_eq!(pixels(DynamicImage::ImageLuma16(deep)), [0x80; 3]);
    let deep = ImageBuffer::from_pixel(1, 1, Rgb([0xffff_u16, 0, 0x4040]));
    assert_eq!(pixels(DynamicImage::ImageRgb16(deep)), [0xff, 0, 0x40]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_bytes_make_the_intake_panic(magic in 0_usize..4, tail in prop::collection::vec(any::<u8>(), 0..300)) {
        let heads = [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], b"\xff\xd8\xff", b"RIFF\x80\0\0\0WEBPVP8", b""];
        let bytes: Vec<u8> = heads[magic].iter().chain(&tail).copied().collect();
        if let Ok(taken) = intake(&bytes, Channel::Wechat) {
            prop_assert!(decode(&taken.png).is_ok());
        }
    }

    #[test]
    fn no_damage_makes_the_intake_panic(
        format in 0_usize..3,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let picture = code("wxp://f2f0", Style { module: 2, ..Style::PLAIN });
        let mut bytes = [as_png(&picture), jpeg(&picture, 80), webp(&picture)][format].clone();
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Ok(taken) = intake(&bytes, Channel::Wechat) {
            prop_assert!(decode(&taken.png).is_ok());
        }
    }

    #[test]
    fn no_picture_makes_the_reader_panic(
        width in 1_u32..60,
        pixels in prop::collection::vec(prop_oneof![Just(0_u8), Just(255), any::<u8>()], 60..3000),
    ) {
        let height = u32::try_from(pixels.len()).expect("short") / width;
        let cells = iter::once(0).chain(pixels);
        let picture = GrayImage::from_vec(width, height, cells.take((width * height) as usize).collect());
        let bytes = png(&DynamicImage::ImageLuma8(picture.expect("fits")), CompressionType::Default);
        prop_assert!(intake(&bytes.expect("encodes"), Channel::Alipay).is_ok());
    }
}
