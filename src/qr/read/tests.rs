//! Which pictures are read, and which are given up.

use super::*;
use crate::qr::fixtures::{
    ALIPAY, BLACK, Noise, Style, WECHAT, WHITE, code, finder, finder_field, jpeg, lay, screenshot, turned,
};
use image::{Rgb, RgbImage};
use qrcode::EcLevel;

fn read(picture: RgbImage) -> Vec<String> {
    payloads(&DynamicImage::ImageRgb8(picture).into_luma8())
}

fn grey(value: u8) -> Rgb<u8> {
    Rgb([value; 3])
}

#[test]
fn a_phones_screenshot_is_read_at_the_first_attempt() {
    let screen = DynamicImage::ImageRgb8(screenshot(WECHAT)).into_luma8();
    let seen = look(&version(&screen, PLAN[0], &mut Vec::new()).expect("applies"));
    assert_eq!((seen.payloads.len(), seen.unread), (1, 0));
    assert_eq!(payloads(&screen), [WECHAT]);
}

#[test]
fn a_screenshot_is_read_after_harsh_jpeg_compression() {
    let squeezed = image::load_from_memory(&jpeg(&screenshot(ALIPAY), 20)).expect("decodes");
    assert_eq!(payloads(&squeezed.into_luma8()), [ALIPAY]);
}

#[test]
fn codes_in_many_styles_are_read() {
    let plain = Style::PLAIN;
    let green = Rgb([40, 174, 103]);
    for (name, style) in [
        ("one pixel a module", Style { module: 1, ..plain }),
        ("two pixels a module", Style { module: 2, ..plain }),
        ("dots", Style { dots: true, level: EcLevel::Q, ..plain }),
        ("white on black", Style { dark: WHITE, light: BLACK, ..plain }),
        ("white on green", Style { dark: WHITE, light: green, ..plain }),
        ("green on white", Style { dark: green, ..plain }),
        ("yellow on white", Style { dark: Rgb([255, 250, 120]), ..plain }),
        ("white on yellow", Style { dark: WHITE, light: Rgb([255, 230, 60]), ..plain }),
        ("red on blue", Style { dark: Rgb([200, 30, 30]), light: Rgb([30, 80, 200]), ..plain }),
        ("grey on almost the same grey", Style { dark: grey(124), light: grey(130), ..plain }),
    ] {
        assert_eq!(read(code(WECHAT, style)), [WECHAT], "{name}");
    }
}

#[test]
fn turned_codes_are_read() {
    for (sine, module) in [(122, 8), (500, 8), (707, 8), (122, 3)] {
        let turned = turned(&code(WECHAT, Style { module, ..Style::PLAIN }), sine);
        assert_eq!(read(turned), [WECHAT], "sine {sine}/1000, {module} px a module");
    }
}

#[test]
fn speckled_and_striped_codes_are_read() {
    let mut noise = Noise(5);
    let mut speckled = code(WECHAT, Style { level: EcLevel::H, ..Style::PLAIN });
    for pixel in speckled.pixels_mut() {
        if noise.below(100) < 20 {
            *pixel = if noise.below(2) == 0 { BLACK } else { WHITE };
        }
    }
    assert_eq!(read(speckled), [WECHAT]);
    let mut striped = code(WECHAT, Style { module: 12, ..Style::PLAIN });
    for (_, y, pixel) in striped.enumerate_pixels_mut() {
        if y % 3 == 0 {
            *pixel = grey(200);
        }
    }
    assert_eq!(read(striped), [WECHAT]);
}

#[test]
fn a_code_in_fading_light_is_read() {
    let mut fading = code(WECHAT, Style::PLAIN);
    let width = fading.width();
    for (x, _, pixel) in fading.enumerate_pixels_mut() {
        let light = |value: u8| u32::from(value) * (2 * width - x) / width / 2;
        pixel.0 = pixel.0.map(|value| u8::try_from(light(value)).expect("darker"));
    }
    assert_eq!(read(fading), [WECHAT]);
}

#[test]
fn a_small_code_in_a_large_photograph_is_read() {
    let shade = |at: u32| u8::try_from(at / 16).expect("a byte");
    let mut large = RgbImage::from_fn(3000, 3000, |x, y| Rgb([shade(x), shade(y), 180]));
    lay(&mut large, &code(WECHAT, Style { module: 4, ..Style::PLAIN }), (2000, 900));
    assert_eq!(read(large), [WECHAT]);
}

#[test]
fn all_codes_of_a_picture_are_told_each_once() {
    let mut poster = RgbImage::from_pixel(1200, 900, WHITE);
    for (payload, at) in [(WECHAT, (40, 40)), (ALIPAY, (600, 40)), (ALIPAY, (600, 480))] {
        lay(&mut poster, &code(payload, Style::PLAIN), at);
    }
    assert_eq!(read(poster), [ALIPAY, WECHAT]);
}

#[test]
fn pictures_without_a_code_give_none() {
    let mut noise = Noise(3);
    assert!(
        read(RgbImage::from_fn(300, 300, |_, _| grey(if noise.below(2) == 0 { 0 } else { 255 }))).is_empty()
    );
    for (width, height) in [(1, 1), (1, 2000), (2000, 1), (7, 7), (500, 300)] {
        assert!(read(RgbImage::from_pixel(width, height, BLACK)).is_empty(), "black {width}×{height}");
        assert!(read(RgbImage::from_pixel(width, height, WHITE)).is_empty(), "white {width}×{height}");
    }
}

#[test]
fn a_field_of_finder_patterns_is_given_up() {
    for (module, gap) in [(1, 2), (10, 20)] {
        let field = DynamicImage::ImageRgb8(finder_field(1000, module, gap)).into_luma8();
        let seen = look(&field);
        assert_eq!((seen.payloads.len(), seen.unread), (0, 1), "modules of {module} px");
    }
}

#[test]
fn the_histogram_is_parted_between_its_humps() {
    assert!((10..200).contains(&parting(&[10, 10, 10, 200, 200, 200])));
    assert!((124..130).contains(&parting(&[124, 130, 130, 130, 130])));
    // One value or none cannot be parted: any answer will do.
    parting(&[7; 100]);
    parting(&[]);
}

#[test]
fn a_picture_that_makes_rqrr_panic_is_unreadable() {
    // With rqrr 0.11.0 a projected corner leaves the range of its `i32` and an assertion fails.
    let mut noise = Noise(1031);
    let mut picture = RgbImage::from_pixel(200, 200, WHITE);
    for _ in 0..30 {
        let module = noise.below(5) + 1;
        finder(&mut picture, (noise.below(200), noise.below(200)), module);
    }
    assert!(read(picture).is_empty());
}
