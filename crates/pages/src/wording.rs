//! Spans of time as people say them.

use chrono::TimeDelta;

/// How long ago something was that is `age` old.
pub fn ago(age: TimeDelta) -> String {
    if age < TimeDelta::minutes(1) { "just now".to_owned() } else { format!("{} ago", lasting(age)) }
}

/// A duration in its largest unit, rounded down, at least a minute.
pub fn lasting(duration: TimeDelta) -> String {
    let (count, unit) = match duration.num_minutes().max(1) {
        minutes @ 0..60 => (minutes, "minute"),
        minutes @ 60..1440 => (minutes / 60, "hour"),
        minutes => (minutes / 1440, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_in_their_largest_unit() {
        for (seconds, said) in [
            (-5, "just now"),
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (119, "1 minute ago"),
            (120, "2 minutes ago"),
            (3_599, "59 minutes ago"),
            (3_600, "1 hour ago"),
            (7_200, "2 hours ago"),
            (86_400, "1 day ago"),
            (200_000, "2 days ago"),
        ] {
            assert_eq!(ago(TimeDelta::seconds(seconds)), said, "{seconds}");
        }
        assert_eq!(lasting(TimeDelta::minutes(15)), "15 minutes");
        assert_eq!(lasting(TimeDelta::seconds(1)), "1 minute");
    }
}
