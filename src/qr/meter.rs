//! A picture that counts how often it is touched, so that reading a hostile one ends.
//!
//! Knows how rqrr walks a picture. Refuses to know what a code is.
//!
//! rqrr has no limits of its own: it copies the picture for every pair of finder patterns it tries, and looks
//! for the alignment pattern along a spiral whose length is computed from where it believes the corners are,
//! which in a made-up picture is anywhere. It has no way to be stopped either, but it asks the picture for
//! everything. So the picture keeps the budget, and unwinds out of rqrr when it is spent.

use std::cell::Cell;
use std::rc::Rc;

use image::{GenericImage, GenericImageView, GrayImage, Luma};

use super::{READ_FINDERS_MAX, READ_TOUCHES_BASE, READ_TOUCHES_PER_PX_MAX};

/// The value rqrr paints the ring of a finder pattern with, once for each that it accepts.
const FINDER_PAINT: u8 = 2;

/// How many pixels a copy of the picture moves in the time of one touch.
const COPIED_PX_PER_TOUCH: u64 = 16;

/// What is left of an attempt, shared by all copies of its picture.
struct Budget {
    touches: Cell<u64>,
    finders: Cell<u32>,
}

/// A grey picture with a budget.
///
/// Unwinds with [`GaveUp`] when the budget is spent: use it within [`contain`](super::contain::contain) only.
pub(super) struct Metered {
    width: u32,
    height: u32,
    pixels: Vec<Luma<u8>>,
    painted_last: u8,
    budget: Rc<Budget>,
}

/// The payload of the unwinding when a budget is spent: which part of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum GaveUp {
    /// Touches, dearest where corners are believed to be far away.
    Touches,
    /// Finder patterns, whose pairs rqrr lists without touching the picture.
    Finders,
}

impl Metered {
    /// A picture with the budget of one attempt, by its size.
    pub(super) fn new(picture: &GrayImage) -> Metered {
        let (width, height) = picture.dimensions();
        let touches = u64::from(width) * u64::from(height) * READ_TOUCHES_PER_PX_MAX + READ_TOUCHES_BASE;
        Metered {
            width,
            height,
            pixels: picture.pixels().copied().collect(),
            painted_last: 0,
            budget: Rc::new(Budget { touches: Cell::new(touches), finders: Cell::new(READ_FINDERS_MAX) }),
        }
    }

    /// Pays for touches, or gives up.
    fn spend(&self, touches: u64) {
        match self.budget.touches.get().checked_sub(touches) {
            Some(left) => self.budget.touches.set(left),
            None => give_up(GaveUp::Touches),
        }
    }

    fn count_finder(&self) {
        match self.budget.finders.get().checked_sub(1) {
            Some(left) => self.budget.finders.set(left),
            None => give_up(GaveUp::Finders),
        }
    }

    fn at(&self, x: u32, y: u32) -> usize {
        y as usize * self.width as usize + x as usize
    }
}

/// Leaves rqrr. Not a panic: nothing is wrong, and no panic hook has to hear of it.
fn give_up(what: GaveUp) -> ! {
    std::panic::resume_unwind(Box::new(what))
}

impl Clone for Metered {
    fn clone(&self) -> Metered {
        self.spend(u64::from(self.width) * u64::from(self.height) / COPIED_PX_PER_TOUCH + 1);
        Metered {
            width: self.width,
            height: self.height,
            pixels: self.pixels.clone(),
            painted_last: self.painted_last,
            budget: Rc::clone(&self.budget),
        }
    }
}

impl GenericImageView for Metered {
    type Pixel = Luma<u8>;

    // Counted too: the spiral outside of the picture asks for nothing else.
    fn dimensions(&self) -> (u32, u32) {
        self.spend(1);
        (self.width, self.height)
    }

    fn get_pixel(&self, x: u32, y: u32) -> Luma<u8> {
        self.spend(1);
        self.pixels[self.at(x, y)]
    }
}

impl GenericImage for Metered {
    fn get_pixel_mut(&mut self, x: u32, y: u32) -> &mut Luma<u8> {
        self.spend(1);
        let at = self.at(x, y);
        &mut self.pixels[at]
    }

    fn put_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.spend(1);
        let Luma([paint]) = pixel;
        // Every ring is painted in one go, and in another value just before.
        if paint == FINDER_PAINT && self.painted_last != FINDER_PAINT {
            self.count_finder();
        }
        self.painted_last = paint;
        let at = self.at(x, y);
        self.pixels[at] = pixel;
    }

    fn blend_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.put_pixel(x, y, pixel);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use image::DynamicImage;

    use super::*;
    use crate::qr::fixtures::{Style, WECHAT, code, finder_field};

    /// What rqrr ran out of, or how many grids it found.
    fn search(picture: image::RgbImage) -> Result<usize, GaveUp> {
        let grey = DynamicImage::ImageRgb8(picture).into_luma8();
        let search = || rqrr::PreparedImage::prepare(Metered::new(&grey)).detect_grids().len();
        catch_unwind(AssertUnwindSafe(search))
            .map_err(|reason| *reason.downcast::<GaveUp>().expect("rqrr itself does not panic here"))
    }

    #[test]
    fn an_honest_picture_stays_within_the_budget() {
        assert_eq!(search(code(WECHAT, Style::PLAIN)), Ok(1));
    }

    // If these fail after an update of rqrr, it paints or walks in another way: look at the constants above.
    #[test]
    fn many_small_finder_patterns_spend_the_finders() {
        assert_eq!(search(finder_field(600, 1, 2)), Err(GaveUp::Finders));
    }

    #[test]
    fn a_grid_of_large_finder_patterns_spends_the_touches() {
        assert_eq!(search(finder_field(1000, 10, 20)), Err(GaveUp::Touches));
    }
}
