//! Durations as people write them, and rates.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::Duration;

use chrono::TimeDelta;
use keywright_domain::rate_limit::Rate;
use serde_json::{Value as Json, json};

use super::value::{Leaf, Reason};

/// Far beyond any use, and near enough that adding one to an instant cannot overflow.
const LONGEST: TimeDelta = TimeDelta::days(1000 * 366);

/// A duration above zero.
impl Leaf for TimeDelta {
    fn expected() -> Cow<'static, str> {
        "a duration above zero, such as `90s`, `15m`, `4h`, `30d` or `1h30m`".into()
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        let duration = parse(text)?;
        if duration.is_zero() { Err("is zero".into()) } else { Ok(duration) }
    }

    fn show(&self) -> Json {
        json!(format(*self))
    }
}

/// A duration of zero or more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrZero(pub TimeDelta);

impl Leaf for OrZero {
    fn expected() -> Cow<'static, str> {
        "a duration, such as `60s` or `1h`, or `0s`".into()
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        parse(text).map(Self)
    }

    fn show(&self) -> Json {
        json!(format(self.0))
    }
}

/// A plain number counts seconds.
fn parse(text: &str) -> Result<TimeDelta, Reason> {
    let duration = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => humantime::parse_duration(text).map_err(|_| "is not a duration")?,
    };
    let duration = TimeDelta::from_std(duration).ok().filter(|duration| *duration <= LONGEST);
    duration.ok_or_else(|| "is longer than a thousand years".into())
}

/// The shortest spelling: `30d`, `1h30m`, `0s`.
pub(super) fn format(duration: TimeDelta) -> String {
    let seconds = duration.num_seconds();
    let nanos = duration.subsec_nanos();
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
        (i64::from(nanos / 1_000_000), "ms"),
        (i64::from(nanos / 1_000 % 1_000), "us"),
        (i64::from(nanos % 1_000), "ns"),
    ];
    let text = parts.iter().filter(|(count, _)| *count > 0).fold(String::new(), |mut text, (count, unit)| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{count}{unit}");
        text
    });
    if text.is_empty() { "0s".to_owned() } else { text }
}

impl Leaf for Rate {
    fn expected() -> Cow<'static, str> {
        "a rate: a count, a slash and a unit or a duration, such as `100/minute`, `30/h` or `5/15m`".into()
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        let (count, per) = text.split_once('/').ok_or("is not a rate")?;
        let count = count.trim().parse().map_err(|_| "has no count before the slash")?;
        let per = per.trim();
        // A unit alone (`minute`, `h`) is one of it.
        let per = if per.starts_with(char::is_alphabetic) { parse(&format!("1{per}")) } else { parse(per) };
        let per = per.map_err(|_| "has neither a unit nor a duration after the slash")?;
        if count == 0 || per.is_zero() { Err("is zero".into()) } else { Ok(Self { count, per }) }
    }

    fn show(&self) -> Json {
        let per = format(self.per);
        let unit = [("1s", "second"), ("1m", "minute"), ("1h", "hour"), ("1d", "day")];
        let unit = unit.into_iter().find_map(|(text, unit)| (text == per).then_some(unit));
        json!(format!("{}/{}", self.count, unit.unwrap_or(&per)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("90s", 90),
            ("15m", 900),
            ("4h", 14_400),
            ("30d", 2_592_000),
            ("1h30m", 5_400),
            ("1h 30m", 5_400),
            ("2 minutes", 120),
            ("1w", 604_800),
            ("300", 300),
        ] {
            assert_eq!(TimeDelta::parse(text), Ok(TimeDelta::seconds(seconds)), "{text}");
        }
        assert_eq!(TimeDelta::parse("1ms"), Ok(TimeDelta::milliseconds(1)));
    }

    #[test]
    fn nonsense_is_no_duration() {
        for bad in [
            "soon",
            "-5s",
            "5 parsecs",
            "1.h",
            "h",
            "99999999999999999999",
            "1000000y",
            "18446744073709551615",
        ] {
            assert!(OrZero::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn zero_is_for_those_who_take_it() {
        for zero in ["0s", "0", "0m"] {
            assert_eq!(OrZero::parse(zero), Ok(OrZero(TimeDelta::zero())), "{zero}");
            assert_eq!(TimeDelta::parse(zero), Err("is zero".into()), "{zero}");
        }
    }

    #[test]
    fn a_duration_is_shown_in_its_shortest_spelling_and_reads_back() {
        for (text, shown) in
            [("2592000", "30d"), ("90m", "1h30m"), ("60s", "1m"), ("0", "0s"), ("1500ms", "1s500ms")]
        {
            let duration = parse(text).unwrap();

            assert_eq!(format(duration), shown);
            assert_eq!(parse(shown), Ok(duration));
        }
        assert_eq!(format(TimeDelta::nanoseconds(1_002_003)), "1ms2us3ns");
        assert_eq!(parse("1ms2us3ns"), Ok(TimeDelta::nanoseconds(1_002_003)));
    }

    #[test]
    fn rates_have_a_unit_or_a_duration() {
        for (text, count, seconds) in [
            ("100/minute", 100, 60),
            ("30/h", 30, 3_600),
            ("5/15m", 5, 900),
            ("1 / second", 1, 1),
            ("7/day", 7, 86_400),
            ("2/90", 2, 90),
        ] {
            assert_eq!(Rate::parse(text), Ok(Rate { count, per: TimeDelta::seconds(seconds) }), "{text}");
        }
    }

    #[test]
    fn a_rate_without_a_count_a_slash_or_a_time_is_refused() {
        for bad in
            ["100", "/minute", "100/", "x/minute", "100/parsec", "0/minute", "5/0s", "-1/m", "5/15m/2", "off"]
        {
            assert!(Rate::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rate_reads_back_what_it_shows() {
        for text in ["100/minute", "30/hour", "5/15m", "1/second", "3/day", "2/1h30m"] {
            assert_eq!(Rate::parse(text).unwrap().show(), text);
        }
    }
}
