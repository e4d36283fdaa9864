//! Codes: taking in an uploaded picture, reading the code in it, drawing a clean one, and reading a folder of
//! pictures for `matcha code import`.
//!
//! | file | what it does |
//! |---|---|
//! | [`intake`](fn@intake) | one upload from bytes to a picture that is safe to serve, with what to warn about |
//! | `decode` | bytes to pixels, within limits that are checked before anything is allocated |
//! | `read` | pixels to payloads: the plan of attempts, each with a budget |
//! | `meter` | the budget: a picture that counts how often it is touched and gives up in time |
//! | `payload` | whether a payload belongs to the wallet it was uploaded for |
//! | [`draw`](fn@draw) | payload to PNG |
//! | [`names`] | file names, the manifest, and which codes clash |
//!
//! Knows pictures, codes and wallets' payloads. Refuses to know accounts, orders and the database, and never
//! lets a byte of an upload through: what comes out is drawn or encoded anew from pixels.
//!
//! Everything here blocks and is busy for up to a second: callers in async code put it on a blocking thread,
//! and let few run at once (one takes up to about 200 MiB).

mod contain;
mod decode;
mod draw;
mod intake;
mod meter;
pub mod names;
mod payload;
mod read;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod samples;

pub use draw::{DrawError, draw, draw_for_terminal};
pub use intake::{Intake, IntakeError, Warning, identity, intake};

/// The largest upload, in bytes: 2 MiB. A phone's screenshot has 0.2 to 1.5 MB.
pub const UPLOAD_BYTES_MAX: usize = 2 * 1024 * 1024;

/// The longest side of an upload, in pixels. Phones' screens and cameras' halves fit.
pub const UPLOAD_SIDE_PX_MAX: u32 = 4096;

/// What one decoded picture may take, in bytes: 4096² pixels of 4 bytes are 64 MiB, of 8 bytes too many.
pub const DECODED_BYTES_MAX: u64 = 96 * 1024 * 1024;

/// The longest payload that is read or drawn, in bytes. Wallets' receive codes have 30 to 200; the longest that
/// Alipay's gateway documents is 1024.
pub const PAYLOAD_BYTES_MAX: usize = 1024;

/// The side a drawn code comes close to, in pixels: the largest whole number of pixels a module that fits.
pub const DRAWN_SIDE_PX: u32 = 600;

/// The longest side of a picture that is kept because its code could not be read, in pixels. The code in a
/// phone's screenshot then still has about 5 pixels a module.
pub const PICTURE_SIDE_PX_MAX: u32 = 1200;

/// How often one attempt to read may touch a pixel, for each pixel of the picture. Pictures with codes need 5 to 9.
pub const READ_TOUCHES_PER_PX_MAX: u64 = 12;

/// What an attempt may use beyond that, in touches: fitting one grid takes up to 2 million, whatever the size.
pub const READ_TOUCHES_BASE: u64 = 12_000_000;

/// How many finder patterns an attempt may meet. A code has three, noise makes some; rqrr lists all their pairs
/// before it touches the picture again.
pub const READ_FINDERS_MAX: u32 = 200;

const _: () = {
    let pixels = UPLOAD_SIDE_PX_MAX as u64 * UPLOAD_SIDE_PX_MAX as u64;
    assert!(pixels * 4 <= DECODED_BYTES_MAX, "an RGBA picture of the largest size must fit");
    assert!(PICTURE_SIDE_PX_MAX <= UPLOAD_SIDE_PX_MAX, "what is kept must be fit to be uploaded again");
};
