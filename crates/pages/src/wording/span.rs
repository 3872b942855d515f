//! Spans of time as people say them.

use chrono::TimeDelta;

use super::Around;

/// The words for spans of time.
#[derive(Debug)]
pub struct Spans {
    pub just_now: &'static str,
    pub ago: Around,
    /// After "ago" and by themselves a unit may have two forms.
    pub units_ago: Units,
    pub units: Units,
}

/// Each unit for one and for several.
#[derive(Debug)]
pub struct Units {
    pub minute: [&'static str; 2],
    pub hour: [&'static str; 2],
    pub day: [&'static str; 2],
}

impl Spans {
    /// How long ago something was that is `age` old.
    pub fn ago(&self, age: TimeDelta) -> String {
        if age < TimeDelta::minutes(1) {
            return self.just_now.to_owned();
        }
        self.ago.with(&self.units_ago.of(age))
    }

    /// A duration in its largest unit, rounded down, at least a minute.
    pub fn lasting(&self, duration: TimeDelta) -> String {
        self.units.of(duration)
    }
}

impl Units {
    fn of(&self, duration: TimeDelta) -> String {
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
    fn ages_are_said_in_their_largest_unit() {
        let (english, german) = (&en::WORDING.spans, &de::WORDING.spans);
        for (seconds, said, gesagt) in [
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
            assert_eq!(english.ago(TimeDelta::seconds(seconds)), said, "{seconds}");
            assert_eq!(german.ago(TimeDelta::seconds(seconds)), gesagt, "{seconds}");
        }
        assert_eq!(english.lasting(TimeDelta::minutes(15)), "15 minutes");
        assert_eq!(english.lasting(TimeDelta::seconds(1)), "1 minute");
        assert_eq!(german.lasting(TimeDelta::days(2)), "2 Tage");
    }
}
