//! Instants and spans, as integers of milliseconds; days and the wall clock of China, by which Alipay tells time.
//!
//! Knows RFC 3339. Refuses to know the real clock: every `now` is an argument (see `src/clock.rs`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z. Printed and read as RFC 3339, also in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

/// A span of time in milliseconds; may be negative. In JSON a plain number under a key that ends in `_ms`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(i64);

/// A text that is not an RFC 3339 instant between the years 1970 and 9999.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a time is RFC 3339 with a zone, such as 2026-01-31T12:00:00Z")]
pub struct TimeError;

/// China's clock: UTC+8 all year. No summer time since 1991, so no table of zones is needed.
const CHINA: jiff::tz::Offset = jiff::tz::offset(8);

/// A day of the calendar, from 1970 to 9998. Printed and read as `2026-01-31`, also in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(jiff::civil::Date);

/// A text that is no day between 1970 and 9998, as in `2026-01-31`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a day is a year, a month and a day, such as 2026-01-31")]
pub struct DayError;

impl Timestamp {
    /// 9999-12-31T23:59:59.999Z, the last instant RFC 3339 can print.
    pub const MAX: Timestamp = Timestamp(253_402_300_799_999);

    /// The instant `ms` milliseconds after the epoch, clamped to `0..=Timestamp::MAX`.
    #[must_use]
    pub const fn from_millis(ms: i64) -> Timestamp {
        if ms < 0 {
            Timestamp(0)
        } else if ms > Timestamp::MAX.0 {
            Timestamp::MAX
        } else {
            Timestamp(ms)
        }
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The instant `span` later (earlier if negative), clamped to the range.
    #[must_use]
    pub const fn plus(self, span: Millis) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_add(span.0))
    }

    /// The instant `span` earlier, clamped to the range.
    #[must_use]
    pub const fn minus(self, span: Millis) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_sub(span.0))
    }

    /// How long after `earlier` this is; negative if it is before.
    #[must_use]
    pub const fn since(self, earlier: Timestamp) -> Millis {
        Millis(self.0 - earlier.0)
    }

    /// What a clock in China shows, to the second: `2026-01-31 20:00:00`.
    #[must_use]
    pub fn china_clock(self) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map(|instant| CHINA.to_datetime(instant).strftime("%Y-%m-%d %H:%M:%S").to_string())
            .unwrap_or_default()
    }

    /// Reads the date of an HTTP message, such as `Sat, 31 Jan 2026 12:00:00 GMT`.
    #[must_use]
    pub fn from_http_date(text: &str) -> Option<Timestamp> {
        let ms = jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_millisecond();
        (0..=Timestamp::MAX.0).contains(&ms).then_some(Timestamp(ms))
    }

    /// Reads what a clock in China shows, `2026-01-31 20:00:00`, perhaps with up to three decimals of a second.
    ///
    /// # Errors
    /// For any other text, and outside the years 1970 to 9999.
    pub fn from_china_clock(text: &str) -> Result<Timestamp, TimeError> {
        let whole = text.get(..19).ok_or(TimeError)?;
        let decimals = text.get(19..).unwrap_or_default();
        let digits = decimals.strip_prefix('.').unwrap_or(decimals);
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if !plain(digits)
            || decimals.len() > 4
            || (digits.is_empty() && !decimals.is_empty())
            || digits == decimals && !digits.is_empty()
        {
            return Err(TimeError);
        }
        let shown = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", whole).map_err(|_| TimeError)?;
        // What is read must be what would be printed: no shorter months, no spaces for zeros.
        if shown.strftime("%Y-%m-%d %H:%M:%S").to_string() != whole {
            return Err(TimeError);
        }
        let ms: i64 = format!("{digits:0<3}").parse().map_err(|_| TimeError)?;
        let ms = CHINA.to_timestamp(shown).map_err(|_| TimeError)?.as_millisecond() + ms;
        if (0..=Timestamp::MAX.0).contains(&ms) { Ok(Timestamp(ms)) } else { Err(TimeError) }
    }
}

impl Day {
    /// The day of the calendar, if there is one.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Day> {
        jiff::civil::Date::new(year, month, day).ok().and_then(Day::within)
    }

    fn within(date: jiff::civil::Date) -> Option<Day> {
        (1970..=9998).contains(&date.year()).then_some(Day(date))
    }

    /// The day that it is in China at `at`.
    #[must_use]
    pub fn in_china(at: Timestamp) -> Day {
        let last = Day(jiff::civil::date(9998, 12, 31));
        jiff::Timestamp::from_millisecond(at.0)
            .ok()
            .and_then(|instant| Day::within(CHINA.to_datetime(instant).date()))
            .unwrap_or(last)
    }

    /// When this day begins in China.
    #[must_use]
    pub fn starts_in_china(self) -> Timestamp {
        CHINA
            .to_timestamp(self.0.to_datetime(jiff::civil::Time::midnight()))
            .map_or(Timestamp::MAX, |instant| Timestamp::from_millis(instant.as_millisecond()))
    }

    /// The day `days` later (earlier if negative), held within the calendar.
    #[must_use]
    pub fn plus(self, days: i32) -> Day {
        // More days than the calendar has end at its ends all the same.
        let moved = self.0.saturating_add(jiff::Span::new().days(days.clamp(-3_000_000, 3_000_000)));
        Day(moved.clamp(jiff::civil::date(1970, 1, 1), jiff::civil::date(9998, 12, 31)))
    }

    /// The day of its month, from 1.
    #[must_use]
    pub fn day_of_month(self) -> i8 {
        self.0.day()
    }

    /// The month of its year, from 1.
    #[must_use]
    pub fn month(self) -> i8 {
        self.0.month()
    }

    /// Its year.
    #[must_use]
    pub fn year(self) -> i16 {
        self.0.year()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Day, DayError> {
        let day: jiff::civil::Date = text.parse().map_err(|_| DayError)?;
        Day::within(day).filter(|day| day.to_string() == text).ok_or(DayError)
    }
}

impl TryFrom<String> for Day {
    type Error = DayError;

    fn try_from(text: String) -> Result<Day, DayError> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.to_string()
    }
}

impl Millis {
    /// No time.
    pub const ZERO: Millis = Millis(0);

    /// A span of `ms` milliseconds.
    #[must_use]
    pub const fn new(ms: i64) -> Millis {
        Millis(ms)
    }

    /// A span of `s` seconds.
    #[must_use]
    pub const fn seconds(s: i64) -> Millis {
        Millis(s.saturating_mul(1000))
    }

    /// The number of milliseconds.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// `n` times this span, saturating.
    #[must_use]
    pub const fn times(self, n: i64) -> Millis {
        Millis(self.0.saturating_mul(n))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant:.3}"),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Timestamp, TimeError> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| TimeError)?;
        let ms = instant.as_millisecond();
        if (0..=Timestamp::MAX.0).contains(&ms) { Ok(Timestamp(ms)) } else { Err(TimeError) }
    }
}

impl TryFrom<String> for Timestamp {
    type Error = TimeError;

    fn try_from(text: String) -> Result<Timestamp, TimeError> {
        text.parse()
    }
}

impl From<Timestamp> for String {
    fn from(at: Timestamp) -> String {
        at.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_print_and_read_as_rfc_3339() {
        let at: Timestamp = "2026-01-31T20:00:00.5+08:00".parse().unwrap();
        assert_eq!(at.to_string(), "2026-01-31T12:00:00.500Z");
        assert_eq!(at.to_string().parse(), Ok(at));
    }

    #[test]
    fn a_local_time_without_a_zone_is_refused() {
        for text in ["2026-01-31T20:00:00", "2026-01-31", "1700000000", "", "now", "1969-12-31T23:59:59Z"] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimeError), "{text}");
        }
    }

    #[test]
    fn a_clock_in_china_is_eight_hours_ahead() {
        let at: Timestamp = "2026-01-31T16:00:01.250Z".parse().unwrap();
        assert_eq!(at.china_clock(), "2026-02-01 00:00:01");
        assert_eq!(Timestamp::from_china_clock("2026-02-01 00:00:01.250"), Ok(at));
        assert_eq!(Timestamp::from_china_clock("2026-02-01 00:00:01.25"), Ok(at));
        assert_eq!(Day::in_china(at).to_string(), "2026-02-01");
        assert_eq!(Day::in_china(at).starts_in_china().to_string(), "2026-01-31T16:00:00.000Z");
    }

    #[test]
    fn what_no_clock_in_china_shows_is_refused() {
        for text in [
            "",
            "2026-02-01",
            "2026-02-30 00:00:00",
            "2026-02-01 24:00:00",
            "2026-2-1 00:00:00",
            "2026-02-01T00:00:00",
            "2026-02-01 00:00:00.",
            "2026-02-01 00:00:000",
            "2026-02-01 00:00:00.1234",
            "2026-02-01 00:00:00Z",
            " 2026-02-01 00:00:00",
            "1970-01-01 07:59:59",
            "２026-02-01 00:00",
        ] {
            assert_eq!(Timestamp::from_china_clock(text), Err(TimeError), "{text}");
        }
    }

    #[test]
    fn the_date_of_an_http_message_is_read() {
        let at = "2026-01-31T12:00:00Z".parse().ok();
        assert_eq!(Timestamp::from_http_date("Sat, 31 Jan 2026 12:00:00 GMT"), at);
        assert_eq!(Timestamp::from_http_date("2026-01-31T12:00:00Z"), None);
    }

    #[test]
    fn days_are_counted_over_the_ends_of_months() {
        let day: Day = "2026-02-27".parse().unwrap();
        assert_eq!(day.plus(2).to_string(), "2026-03-01");
        assert_eq!(day.plus(-58).to_string(), "2025-12-31");
        assert_eq!(Day::new(9998, 12, 30).unwrap().plus(i32::MAX).to_string(), "9998-12-31");
        assert_eq!(Day::new(2026, 2, 29), None);
        for text in ["", "2026-2-1", "20260201", "2026-02-01T00:00:00", "1969-12-31", "-002026-01-01"] {
            assert_eq!(text.parse::<Day>(), Err(DayError), "{text}");
        }
    }

    #[test]
    fn sums_stay_in_range() {
        assert_eq!(Timestamp::MAX.plus(Millis::new(i64::MAX)), Timestamp::MAX);
        assert_eq!(Timestamp::from_millis(5).minus(Millis::seconds(1)), Timestamp::from_millis(0));
        assert_eq!(Timestamp::from_millis(5).since(Timestamp::from_millis(7)), Millis::new(-2));
    }
}
