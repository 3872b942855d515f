//! Durations in words.

use chrono::TimeDelta;

/// The text before and after a value.
#[derive(Debug)]
pub struct Affixes(pub &'static str, pub &'static str);

impl Affixes {
    /// The whole text, with `value` in its place.
    pub fn with(&self, value: &str) -> String {
        let Self(before, after) = self;
        format!("{before}{value}{after}")
    }
}

/// The words for durations.
#[derive(Debug)]
pub struct Durations {
    pub just_now: &'static str,
    pub ago: Affixes,
    /// The units in `ago`, which may differ from `units`, as in "vor 2 Tagen" and "2 Tage".
    pub units_ago: Units,
    pub units: Units,
}

/// The singular and the plural of each unit.
#[derive(Debug)]
pub struct Units {
    pub minute: [&'static str; 2],
    pub hour: [&'static str; 2],
    pub day: [&'static str; 2],
}

impl Durations {
    /// The age of something, such as "2 minutes ago".
    pub fn ago(&self, age: TimeDelta) -> String {
        if age < TimeDelta::minutes(1) {
            return self.just_now.to_owned();
        }
        self.ago.with(&self.units_ago.format(age))
    }

    /// `duration` in its largest unit, rounded down, at least one minute.
    pub fn format(&self, duration: TimeDelta) -> String {
        self.units.format(duration)
    }
}

impl Units {
    fn format(&self, duration: TimeDelta) -> String {
        let (count, [one, several]) = match duration.num_minutes().max(1) {
            minutes @ 0..60 => (minutes, self.minute),
            minutes @ 60..1440 => (minutes / 60, self.hour),
            minutes => (minutes / 1440, self.day),
        };
        format!("{count} {}", if count == 1 { one } else { several })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{de, en};
    use super::*;

    #[test]
    fn an_age_is_given_in_its_largest_unit() {
        let (english, german) = (&en::WORDING.durations, &de::WORDING.durations);
        for (seconds, expected, expected_german) in [
            (-5, "just now", "gerade eben"),
            (0, "just now", "gerade eben"),
            (59, "just now", "gerade eben"),
            (60, "1 minute ago", "vor 1 Minute"),
            (119, "1 minute ago", "vor 1 Minute"),
            (120, "2 minutes ago", "vor 2 Minuten"),
            (3_599, "59 minutes ago", "vor 59 Minuten"),
            (3_600, "1 hour ago", "vor 1 Stunde"),
            (7_200, "2 hours ago", "vor 2 Stunden"),
            (86_400, "1 day ago", "vor 1 Tag"),
            (200_000, "2 days ago", "vor 2 Tagen"),
        ] {
            assert_eq!(english.ago(TimeDelta::seconds(seconds)), expected, "{seconds}");
            assert_eq!(german.ago(TimeDelta::seconds(seconds)), expected_german, "{seconds}");
        }
        assert_eq!(english.format(TimeDelta::minutes(15)), "15 minutes");
        assert_eq!(english.format(TimeDelta::seconds(1)), "1 minute");
        assert_eq!(german.format(TimeDelta::days(2)), "2 Tage");
    }
}
