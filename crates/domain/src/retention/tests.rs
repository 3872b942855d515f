use super::*;
use crate::rate_limit::Rate;

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn links(per: TimeDelta) -> LinkBudget {
    LinkBudget {
        per_network: Rate { count: 5, per: TimeDelta::minutes(15) },
        per_email: Rate { count: 30, per },
    }
}

fn days(retention: &Retention, removal: Removal, per: TimeDelta) -> i64 {
    (NOW - retention.before(removal, &links(per), NOW)).num_days()
}

#[test]
fn without_settings_everything_has_its_time() {
    let table = [
        (Removal::UndecidedDevices, 1),
        (Removal::DecidedDevices, 7),
        (Removal::MagicLinks, 1),
        (Removal::MagicLinkAddresses, 0),
        (Removal::Mails, 14),
        (Removal::EmailChanges, 60),
        (Removal::Activities, 365),
        (Removal::EndedSessions, 30),
        (Removal::LapsedSessions, 30),
        (Removal::Challenges, 0),
    ];

    assert_eq!(table.map(|(removal, _)| removal), Removal::ALL);
    for (removal, expected) in table {
        assert_eq!(days(&Retention::default(), removal, TimeDelta::hours(1)), expected, "{removal:?}");
    }
}

#[test]
fn nothing_goes_before_it_has_served() {
    let shortest = TimeDelta::seconds(1);
    let retention = Retention {
        client_info: shortest,
        sessions: shortest,
        activity: shortest,
        device_authorizations: shortest,
        magic_links: shortest,
        mails: shortest,
        email_changes: shortest,
    };
    let per = TimeDelta::days(3);

    assert_eq!(days(&retention, Removal::DecidedDevices, per), 7);
    assert_eq!(days(&retention, Removal::MagicLinks, per), 3);
    assert_eq!(days(&retention, Removal::Mails, per), 7);
    assert_eq!(days(&retention, Removal::EndedSessions, per), 7);
    assert_eq!(days(&retention, Removal::Activities, per), 7);
    assert_eq!(days(&retention, Removal::EmailChanges, per), 8 + 14);
    assert_eq!(NOW - retention.client_info_before(&links(per), NOW), per);
}
