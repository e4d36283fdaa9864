//! Pictures for tests, made from code and numbers only.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageEncoder, Rgb, RgbImage};
use qrcode::{Color, EcLevel, QrCode};

/// A WeChat payload of the length they have today.
pub(super) const WECHAT: &str = "wxp://f2f0MATCHA-TEST-zPVoQ5wHbXl0zMxuKhCB52g30uvHa1Pxe4kqoOc9ubMFa82j6b_u";
/// An Alipay payload.
pub(super) const ALIPAY: &str = "https://qr.alipay.com/fkx17442matchatestp9sfgn98";

pub(super) const BLACK: Rgb<u8> = Rgb([0, 0, 0]);
pub(super) const WHITE: Rgb<u8> = Rgb([255, 255, 255]);

/// Numbers that look random and are the same every time.
pub(super) struct Noise(pub(super) u64);

impl Noise {
    /// The next number below `bound`.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        // Knuth's MMIX generator; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(bound)).expect("below a u32")
    }
}

/// How a code is painted.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) dark: Rgb<u8>,
    pub(super) light: Rgb<u8>,
    pub(super) module: u32,
    /// Round modules instead of square ones.
    pub(super) dots: bool,
    pub(super) level: EcLevel,
}

impl Style {
    pub(super) const PLAIN: Style =
        Style { dark: BLACK, light: WHITE, module: 8, dots: false, level: EcLevel::M };
}

/// A rectangle in one colour.
pub(super) fn fill(picture: &mut RgbImage, (x, y): (u32, u32), (width, height): (u32, u32), colour: Rgb<u8>) {
    for row in y..(y + height).min(picture.height()) {
        for column in x..(x + width).min(picture.width()) {
            picture.put_pixel(column, row, colour);
        }
    }
}

/// A code with its quiet zone.
pub(super) fn code(payload: &str, style: Style) -> RgbImage {
    let code = QrCode::with_error_correction_level(payload, style.level).expect("fits");
    let width = u32::try_from(code.width()).expect("small");
    let module = style.module;
    let side = (width + 8) * module;
    let mut picture = RgbImage::from_pixel(side, side, style.light);
    for y in 0..width {
        for x in 0..width {
            if code[(x as usize, y as usize)] != Color::Dark {
                continue;
            }
            let finder = (x < 7 || x >= width - 7) && (y < 7 || y >= width - 7);
            for py in 0..module {
                for px in 0..module {
                    let (dx, dy) = ((2 * px + 1).abs_diff(module), (2 * py + 1).abs_diff(module));
                    if !style.dots || finder || dx * dx + dy * dy <= module * module {
                        picture.put_pixel((x + 4) * module + px, (y + 4) * module + py, style.dark);
                    }
                }
            }
        }
    }
    picture
}

/// `small` laid onto `ground`.
pub(super) fn lay(ground: &mut RgbImage, small: &RgbImage, (x, y): (u32, u32)) {
    for (column, row, pixel) in small.enumerate_pixels() {
        if x + column < ground.width() && y + row < ground.height() {
            ground.put_pixel(x + column, y + row, *pixel);
        }
    }
}

/// A picture turned clockwise about its middle, on white; the sine of the angle in thousandths.
pub(super) fn turned(picture: &RgbImage, sine: i64) -> RgbImage {
    let cosine = (1_000_000 - sine * sine).isqrt();
    let (width, height) = (i64::from(picture.width()), i64::from(picture.height()));
    let side = picture.width() + picture.height();
    RgbImage::from_fn(side, side, |x, y| {
        let (dx, dy) = (i64::from(x) - i64::from(side / 2), i64::from(y) - i64::from(side / 2));
        let from_x = u32::try_from((dx * cosine + dy * sine).div_euclid(1000) + width / 2);
        let from_y = u32::try_from((dy * cosine - dx * sine).div_euclid(1000) + height / 2);
        match (from_x, from_y) {
            (Ok(x), Ok(y)) => picture.get_pixel_checked(x, y).copied().unwrap_or(WHITE),
            (Ok(_) | Err(_), Ok(_) | Err(_)) => WHITE,
        }
    })
}

/// A finder pattern with modules of this many pixels.
pub(super) fn finder(picture: &mut RgbImage, (x, y): (u32, u32), module: u32) {
    for (inset, width, colour) in [(0, 7, BLACK), (module, 5, WHITE), (2 * module, 3, BLACK)] {
        fill(picture, (x + inset, y + inset), (width * module, width * module), colour);
    }
}

/// A square full of finder patterns: what a hostile picture would hold to make reading long.
pub(super) fn finder_field(side: u32, module: u32, gap: u32) -> RgbImage {
    let mut field = RgbImage::from_pixel(side, side, WHITE);
    let width = 7 * module;
    for y in (0..side - width).step_by((width + gap) as usize) {
        for x in (0..side - width).step_by((width + gap) as usize) {
            finder(&mut field, (x, y), module);
        }
    }
    field
}

/// A phone's screen, 1080×2400: a status bar, a gradient, a card with the code and an avatar in its middle, and
/// lines that look like text.
pub(super) fn screenshot(payload: &str) -> RgbImage {
    let (width, height) = (1080, 2400);
    let mut noise = Noise(7);
    let mut screen = RgbImage::from_fn(width, height, |x, y| {
        let shade = |from: u32, to: u32| {
            u8::try_from((from * (height - y) + to * y) / height + x % 3).expect("a byte")
        };
        Rgb([shade(40, 12), shade(174, 120), shade(103, 180)])
    });
    text(&mut screen, (40, 30), (1000, 36), WHITE, &mut noise);
    text(&mut screen, (300, 220), (480, 60), WHITE, &mut noise);
    fill(&mut screen, (120, 480), (840, 1240), WHITE);
    text(&mut screen, (380, 540), (320, 48), Rgb([60, 60, 60]), &mut noise);
    let style = Style { module: 16, level: EcLevel::Q, ..Style::PLAIN };
    let mut code = code(payload, style);
    let (side, avatar) = (code.width(), code.width() / 7);
    let middle = (side - avatar) / 2;
    fill(&mut code, (middle - 8, middle - 8), (avatar + 16, avatar + 16), WHITE);
    for y in middle..middle + avatar {
        for x in middle..middle + avatar {
            let mut channel = || u8::try_from(noise.below(256)).expect("a byte");
            code.put_pixel(x, y, Rgb([channel(), channel(), channel()]));
        }
    }
    lay(&mut screen, &code, ((width - side) / 2, 640));
    text(&mut screen, (300, 1560), (480, 64), Rgb([30, 30, 30]), &mut noise);
    text(&mut screen, (240, 1900), (600, 40), WHITE, &mut noise);
    text(&mut screen, (240, 2000), (600, 40), WHITE, &mut noise);
    screen
}

/// Strokes that look like a line of small print.
fn text(
    picture: &mut RgbImage,
    (x, y): (u32, u32),
    (width, height): (u32, u32),
    colour: Rgb<u8>,
    noise: &mut Noise,
) {
    let mut at = x;
    while at < x + width {
        for _ in 0..5 {
            let top = noise.below(height - 4);
            let (wide, high) = if noise.below(2) == 0 { (height * 3 / 4, 4) } else { (4, height - top) };
            fill(picture, (at + noise.below(height / 2), y + top), (wide, high), colour);
        }
        at += height + height / 4;
    }
}

pub(super) fn png(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    DynamicImage::ImageRgb8(picture.clone())
        .write_with_encoder(PngEncoder::new(&mut bytes))
        .expect("encodes");
    bytes
}

pub(super) fn jpeg(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    DynamicImage::ImageRgb8(picture.clone()).write_with_encoder(encoder).expect("encodes");
    bytes
}

pub(super) fn webp(picture: &RgbImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = picture.dimensions();
    WebPEncoder::new_lossless(&mut bytes)
        .write_image(picture, width, height, image::ExtendedColorType::Rgb8)
        .expect("encodes");
    bytes
}

/// A chunk of a PNG with its checksum.
pub(super) fn png_chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut checksum = u32::MAX;
    for byte in kind.iter().chain(body) {
        checksum ^= u32::from(*byte);
        for _ in 0..8 {
            checksum = if checksum & 1 == 1 { checksum >> 1 ^ 0xedb8_8320 } else { checksum >> 1 };
        }
    }
    let length = u32::try_from(body.len()).expect("short").to_be_bytes();
    [&length[..], kind, body, &(!checksum).to_be_bytes()].concat()
}
