//! Events, in any order.

use chrono::TimeDelta;
use keywright_domain::session::RotationRules;
use proptest::prelude::*;

/// Number of clients and of processes that share the credential file of each.
pub const CLIENTS: usize = 2;
pub const PROCESSES: usize = 3;
/// Maximum number of stolen copies.
pub const THEFTS: usize = 3;
/// Maximum lag of a clock.
pub const FARTHEST_BEHIND: TimeDelta = TimeDelta::seconds(5);

/// An event.
#[derive(Clone, Copy, Debug)]
pub enum Happening {
    /// Time passes.
    Wait {
        millis: i64,
    },
    /// A server whose clock lags this far handles all requests from now on.
    Clock {
        millis_behind: i64,
    },
    /// A process reads the credential file of its client and continues with it.
    Read {
        client: usize,
        process: usize,
    },
    /// A process refreshes. A hasty one does not check that its credential is still valid.
    Refresh {
        client: usize,
        process: usize,
        is_answer_lost: bool,
        is_hasty: bool,
    },
    /// A process makes a request with its access token.
    Use {
        client: usize,
        process: usize,
    },
    /// A thief copies the credential file of a client.
    Steal {
        client: usize,
        theft: usize,
    },
    /// A thief refreshes.
    RefreshStolen {
        theft: usize,
        is_answer_lost: bool,
    },
    /// A thief makes a request with the stolen access token.
    UseStolen {
        theft: usize,
    },
    SignOut {
        client: usize,
    },
    /// The store is backed up.
    BackUp,
    /// The store loses everything since its last backup.
    Restore,
}

fn waits() -> impl Strategy<Value = Happening> {
    let millis = prop_oneof![
        8 => 0..2_000_i64,
        8 => 0..50_000_i64,
        6 => 50_000..70_000_i64,
        4 => 0..3_500_000_i64,
        2 => 3_500_000..3_700_000_i64,
        2 => 0..80_000_000_i64,
        1 => 80_000_000..300_000_000_i64,
    ];
    millis.prop_map(|millis| Happening::Wait { millis })
}

/// Events, with theft in proportion to `thieves`.
fn happenings(thieves: u32) -> impl Strategy<Value = Happening> {
    let (clients, processes, thefts) = (0..CLIENTS, 0..PROCESSES, 0..THEFTS);
    let losses = prop::bool::weighted(0.3);
    let clocks = prop_oneof![Just(0), 0..=FARTHEST_BEHIND.num_milliseconds()];
    let processes = (clients.clone(), processes);
    let client_refreshes = (processes.clone(), losses, prop::bool::weighted(0.02));
    prop_oneof![
        50 => waits(),
        10 => clocks.prop_map(|millis_behind| Happening::Clock { millis_behind }),
        30 => processes.clone().prop_map(|(client, process)| Happening::Read { client, process }),
        80 => client_refreshes.prop_map(|((client, process), is_answer_lost, is_hasty)| {
            Happening::Refresh { client, process, is_answer_lost, is_hasty }
        }),
        20 => processes.prop_map(|(client, process)| Happening::Use { client, process }),
        3 * thieves => (clients.clone(), thefts.clone()).prop_map(|(client, theft)| Happening::Steal { client, theft }),
        20 * thieves => (thefts.clone(), losses).prop_map(|(theft, is_answer_lost)| {
            Happening::RefreshStolen { theft, is_answer_lost }
        }),
        4 * thieves => thefts.prop_map(|theft| Happening::UseStolen { theft }),
        1 => clients.prop_map(|client| Happening::SignOut { client }),
        6 => Just(Happening::BackUp),
        2 => Just(Happening::Restore),
    ]
}

/// Sequences of events.
pub fn interleavings() -> impl Strategy<Value = Vec<Happening>> {
    prop_oneof![Just(1), Just(4)].prop_flat_map(|thieves| prop::collection::vec(happenings(thieves), 1..100))
}

/// Mostly the default rules.
pub fn rules() -> impl Strategy<Value = RotationRules> {
    let rules = |retry, lost_response| RotationRules {
        retry_window: TimeDelta::seconds(retry),
        lost_response_window: TimeDelta::seconds(lost_response),
    };
    prop_oneof![
        6 => Just(rules(60, 3_600)),
        1 => Just(rules(60, 0)),
        1 => Just(rules(0, 3_600)),
        1 => Just(rules(0, 0)),
    ]
}
