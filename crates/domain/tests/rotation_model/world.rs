//! A store with sessions, honest clients that refresh them, thieves, and the invariants.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::client::ClientId;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::clock::Clock;
use keywright_domain::entropy::Entropy;
use keywright_domain::id::{SessionId, UserId};
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::{
    Authentication, AuthenticationMethod, EndReason, Generation, Judgement, Lifetimes, Refresh,
    RotationRules, Session, SessionKind, SessionSeed, SessionState,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::history::{History, Verdict};
use super::interleaving::{CLIENTS, FARTHEST_BEHIND, Happening, PROCESSES, THEFTS};

const OPENED_AT: DateTime<Utc> =
    DateTime::from_timestamp(1_900_000_000, 0).expect("an instant that chrono can hold");
/// Short enough to expire in some interleavings.
const LIFETIMES: Lifetimes = Lifetimes { idle: TimeDelta::days(1), absolute: TimeDelta::days(3) };
const STRICT: RotationRules =
    RotationRules { retry_window: TimeDelta::zero(), lost_response_window: TimeDelta::zero() };

type Check = Result<(), TestCaseError>;

struct Opening;

impl Clock for Opening {
    fn now(&self) -> DateTime<Utc> {
        OPENED_AT
    }
}

impl Entropy for Opening {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// A client on one device: a credential file, and processes that share it. It holds the credential of the
/// session with the same index.
#[derive(Clone, Debug, Default)]
struct Client {
    /// The generation of the credential in the file.
    file: u32,
    /// The generation that each process has read from it.
    processes: [Option<u32>; PROCESSES],
    is_signed_out: bool,
}

/// A stolen copy.
#[derive(Clone, Copy, Debug)]
struct Theft {
    session: usize,
    generation: u32,
}

/// Facts that no restore undoes.
#[derive(Clone, Debug, Default)]
struct Facts {
    issued: BTreeSet<u32>,
    /// The generations of the answers that reached the client.
    delivered: BTreeSet<u32>,
    was_stolen: bool,
    /// Set once the client presented a token against the rules.
    was_hasty: bool,
    was_restored: bool,
}

/// The store, now or as backed up, with the history of each session.
#[derive(Clone, Debug)]
struct Store {
    rows: Vec<Session>,
    histories: Vec<History>,
}

/// Number of occurrences of each case of the contract.
#[derive(Clone, Debug, Default)]
pub struct SecurityCounters(BTreeMap<&'static str, u32>);

impl SecurityCounters {
    const ALL: [&str; 14] = [
        "renewed",
        "repeated",
        "replaced",
        "replaced for a client that lost an answer",
        "repeated for a process that raced",
        "taken as current",
        "reuse",
        "reuse that the client found",
        "reuse that the thief found",
        "over",
        "judged with a clock behind an earlier one",
        "a session past its end",
        "a shadowed session",
        "several live tokens after lost commits",
    ];

    fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            *self.0.entry(what).or_default() += count;
        }
    }

    /// Returns all counts, zeros included.
    pub fn counts(&self) -> BTreeMap<&'static str, u32> {
        Self::ALL.into_iter().map(|what| (what, self.0.get(what).copied().unwrap_or_default())).collect()
    }
}

/// The complete state of a simulation.
#[derive(Debug)]
pub struct World {
    rules: RotationRules,
    /// The true time.
    truly_now: DateTime<Utc>,
    behind: TimeDelta,
    store: Store,
    backup: Store,
    clients: [Client; CLIENTS],
    thefts: [Option<Theft>; THEFTS],
    facts: [Facts; CLIENTS],
    pub tally: SecurityCounters,
}

fn open(number: usize) -> Session {
    let seed = SessionSeed {
        id: SessionId(Uuid::from_u128(number as u128)),
        kind: SessionKind::Device,
        client_id: ClientId::from_trusted("cli"),
        client_name: None,
        lifetimes: LIFETIMES,
    };
    let authentication = Authentication { at: OPENED_AT, method: AuthenticationMethod::MagicLink };
    let at = RequestContext::new(&Opening, &Opening, None, ClientInfo::default());
    seed.open(UserId(Uuid::nil()), authentication, &at)
}

fn refresh(row: &Session, presented: u32, rules: RotationRules, at: DateTime<Utc>) -> Judgement {
    let presented = Generation(presented);
    row.refresh(&Refresh { session: row.id, presented, client_id: None, rules, idle: LIFETIMES.idle }, at)
}

/// Returns the surviving session, if there is one.
fn taken(judgement: Judgement) -> Option<Session> {
    match judgement {
        Judgement::Repeated(row) | Judgement::Renewed(row) | Judgement::Ahead(row) => Some(row),
        Judgement::Reuse(_) | Judgement::Over => None,
    }
}

impl World {
    pub fn new(rules: RotationRules) -> Self {
        let rows: Vec<_> = (0..CLIENTS).map(open).collect();
        let store = Store { rows, histories: vec![History::new(OPENED_AT, LIFETIMES); CLIENTS] };
        let opened = Facts { issued: [0].into(), delivered: [0].into(), ..Facts::default() };
        Self {
            rules,
            truly_now: OPENED_AT,
            behind: TimeDelta::zero(),
            backup: store.clone(),
            store,
            clients: Default::default(),
            thefts: [None; THEFTS],
            facts: [(); CLIENTS].map(|()| opened.clone()),
            tally: SecurityCounters::default(),
        }
    }

    /// Returns the instant that a request carries.
    fn now(&self) -> DateTime<Utc> {
        self.truly_now - self.behind
    }

    /// Applies the event and checks the invariants.
    pub fn happen(&mut self, happening: Happening) -> Check {
        match happening {
            Happening::Wait { millis } => self.truly_now += TimeDelta::milliseconds(millis),
            Happening::Clock { millis_behind } => self.behind = TimeDelta::milliseconds(millis_behind),
            Happening::Read { client, process } => {
                self.clients[client].processes[process] = Some(self.clients[client].file);
            }
            Happening::Refresh { client, process, is_answer_lost, is_hasty } => {
                self.client_refreshes(client, process, is_answer_lost, is_hasty)?;
                self.check(client)?;
            }
            Happening::Use { client, process } => {
                let Client { file, processes, is_signed_out } = &self.clients[client];
                if !is_signed_out {
                    self.mark_seen(client, processes[process].unwrap_or(*file));
                    self.check(client)?;
                }
            }
            Happening::Steal { client, theft } => {
                if !self.clients[client].is_signed_out {
                    let generation = self.clients[client].file;
                    self.thefts[theft] = Some(Theft { session: client, generation });
                    self.facts[client].was_stolen = true;
                    self.check(client)?;
                }
            }
            Happening::RefreshStolen { theft, is_answer_lost } => {
                self.thief_refreshes(theft, is_answer_lost)?;
            }
            Happening::UseStolen { theft } => {
                if let Some(Theft { session, generation }) = self.thefts[theft] {
                    self.mark_seen(session, generation);
                    self.check(session)?;
                }
            }
            Happening::SignOut { client } => {
                self.sign_out(client);
                self.check(client)?;
            }
            Happening::BackUp => self.backup = self.store.clone(),
            Happening::Restore => {
                self.store = self.backup.clone();
                for facts in &mut self.facts {
                    facts.was_restored = true;
                }
            }
        }
        Ok(())
    }

    /// Refreshes with the credential that the process has read. If the rules forbid presenting it, the
    /// process reads the file again; if they forbid that one, too, the client signs in again.
    fn client_refreshes(
        &mut self,
        client: usize,
        process: usize,
        is_answer_lost: bool,
        is_hasty: bool,
    ) -> Check {
        let Client { file, processes, is_signed_out } = self.clients[client];
        if is_signed_out {
            return Ok(());
        }
        let read = processes[process].unwrap_or(file);
        let presented = if is_hasty || self.may_present(client, read) { read } else { file };
        let may_present = self.may_present(client, presented);
        let is_in_time = self.store.histories[client].is_live(self.now());
        self.facts[client].was_hasty |= !may_present && is_in_time && !self.facts[client].was_stolen;

        let verdict = self.store.histories[client].verdict(presented, self.now(), self.rules);
        let answer = self.present(client, presented)?;

        let Facts { was_stolen, was_hasty, .. } = self.facts[client];
        if is_in_time && may_present && !was_stolen {
            prop_assert!(answer.is_some(), "an honest client that keeps to the rules was signed out");
        }
        match verdict {
            Verdict::NewSuccessor(_) if may_present => {
                self.tally.count("replaced for a client that lost an answer");
            }
            Verdict::SameAgain(_) if may_present => {
                self.tally.count("repeated for a process that raced");
            }
            Verdict::Reuse => {
                prop_assert!(was_stolen || was_hasty, "reuse, and nobody to reuse anything");
                if was_stolen && !was_hasty {
                    self.tally.count("reuse that the client found");
                }
            }
            _ => {}
        }

        let state = &mut self.clients[client];
        match answer {
            None => state.is_signed_out = true,
            Some(_) if is_answer_lost => state.processes[process] = Some(presented),
            Some(generation) => {
                state.processes[process] = Some(generation);
                state.file = generation;
                self.facts[client].delivered.insert(generation);
            }
        }
        Ok(())
    }

    /// Returns true if the rules of the contract allow an honest client to present `generation`, given full
    /// knowledge: the generation is live or ahead; or in a race, within the retry window; or all its answers
    /// were lost, within the lost-response window. Allows for clocks that disagree.
    fn may_present(&self, client: usize, generation: u32) -> bool {
        let history = &self.store.histories[client];
        if generation >= history.live() {
            return true;
        }
        let (Some(making), Some(first_use)) =
            (history.making_from(generation), history.first_use_of(generation))
        else {
            return false;
        };
        let is_inside = |since, window| self.truly_now - since + FARTHEST_BEHIND < window;
        let was_anything_delivered = self.facts[client].delivered.iter().any(|later| *later > generation);
        is_inside(making.truly_at, self.rules.retry_window)
            || (!was_anything_delivered && is_inside(first_use.truly_at, self.rules.lost_response_window))
    }

    fn thief_refreshes(&mut self, theft: usize, is_answer_lost: bool) -> Check {
        let Some(Theft { session, generation }) = self.thefts[theft] else { return Ok(()) };
        let was_live = self.store.histories[session].is_live(self.now());

        let answer = self.present(session, generation)?;

        match answer {
            Some(generation) if !is_answer_lost => {
                self.thefts[theft] = Some(Theft { session, generation });
            }
            None if was_live => self.tally.count("reuse that the thief found"),
            Some(_) | None => {}
        }
        self.check(session)
    }

    fn sign_out(&mut self, client: usize) {
        let now = self.now();
        let Store { rows, histories } = &mut self.store;
        if !self.clients[client].is_signed_out && rows[client].is_live(now) {
            rows[client] = rows[client].ended(EndReason::SignedOut, now);
            histories[client].was_ended = true;
        }
        self.clients[client].is_signed_out = true;
    }

    /// Uses an access token of `generation`. A token of an ended session is refused and not marked as seen.
    fn mark_seen(&mut self, session: usize, generation: u32) {
        let now = self.now();
        let Store { rows, histories } = &mut self.store;
        if rows[session].is_live(now) {
            let chain = rows[session].chain;
            rows[session].chain = chain.after_seen(Generation(generation)).unwrap_or(chain);
            histories[session].sighted(generation);
        }
    }

    /// Presents a refresh token to the store and returns the generation of the answer, if there is one.
    fn present(&mut self, session: usize, presented: u32) -> Result<Option<u32>, TestCaseError> {
        let (now, truly_now, rules) = (self.now(), self.truly_now, self.rules);
        let row = &self.store.rows[session];
        let verdict = self.store.histories[session].verdict(presented, now, rules);
        if now < row.chain.made_at {
            self.tally.count("judged with a clock behind an earlier one");
        }

        let judgement = refresh(row, presented, rules, now);

        prop_assert!(
            agrees(verdict, &judgement),
            "the contract: {verdict:?}, the row: {judgement:?}, of {presented} and {row:?}"
        );
        self.tally.count(match verdict {
            Verdict::Renewed(_) => "renewed",
            Verdict::SameAgain(_) => "repeated",
            Verdict::NewSuccessor(_) => "replaced",
            Verdict::TakenAsCurrent(_) => "taken as current",
            Verdict::Reuse => "reuse",
            Verdict::Over => "over",
        });
        self.store.histories[session].presented(presented, verdict, now, truly_now);
        let (row, answer) = match judgement {
            Judgement::Over => return Ok(None),
            Judgement::Reuse(row) => (row, None),
            Judgement::Repeated(row) | Judgement::Renewed(row) | Judgement::Ahead(row) => {
                let answer = row.chain.current.0;
                (row, Some(answer))
            }
        };
        self.facts[session].issued.extend(answer);
        self.store.rows[session] = row;
        Ok(answer)
    }

    /// Checks the invariants of all sessions.
    pub fn check_everything(&mut self) -> Check {
        (0..CLIENTS).try_for_each(|session| self.check(session))
    }

    fn check(&mut self, session: usize) -> Check {
        self.exactly_one_token_is_live(session)?;
        self.what_is_over_stays_over(session)?;
        self.an_honest_client_holds_what_is_taken(session)?;
        self.whoever_shadows_a_session_is_found(session)
    }

    /// Returns true if issued generations are still ahead of the store.
    fn are_commits_lost(&self, session: usize) -> bool {
        self.facts[session].issued.last().is_some_and(|newest| *newest > self.store.histories[session].live())
    }

    /// "In every mode there is exactly one live refresh token per session." After a restore, the forgotten
    /// ones are valid, too, until the newest of them is presented.
    fn exactly_one_token_is_live(&mut self, session: usize) -> Check {
        let (row, history) = (&self.store.rows[session], &self.store.histories[session]);
        let Facts { issued, was_restored, .. } = &self.facts[session];
        let (now, live) = (self.now(), history.live());

        let taken_now: Vec<u32> = issued
            .iter()
            .copied()
            .filter(|generation| taken(refresh(row, *generation, STRICT, now)).is_some())
            .collect();

        if !history.is_live(now) {
            prop_assert!(taken_now.is_empty(), "{taken_now:?} of a session that is over");
            return Ok(());
        }
        if !was_restored {
            prop_assert_eq!(taken_now, vec![live]);
            return Ok(());
        }
        let forgotten = issued.range(live + 1..).copied();
        let expected: Vec<u32> = std::iter::once(live).chain(forgotten).collect();
        if expected.len() > 1 && history.making_from(row.chain.parent.map_or(0, |parent| parent.0)).is_some()
        {
            self.tally.count("several live tokens after lost commits");
        }
        prop_assert_eq!(taken_now, expected);
        Ok(())
    }

    /// An ended session stays ended, and none outlasts its absolute end, however lenient the rules.
    fn what_is_over_stays_over(&mut self, session: usize) -> Check {
        let (row, history) = (&self.store.rows[session], &self.store.histories[session]);
        let ends_at = OPENED_AT + LIFETIMES.absolute;
        let forgiving =
            RotationRules { retry_window: LIFETIMES.absolute, lost_response_window: LIFETIMES.absolute };
        let over_at = if history.was_ended { self.now().min(OPENED_AT) } else { ends_at };

        prop_assert_eq!(history.was_ended, row.state != SessionState::Open);
        prop_assert_eq!(row.ends_at, ends_at);
        prop_assert!(row.expires_at() <= ends_at);
        for generation in &self.facts[session].issued {
            let judgement = refresh(row, *generation, forgiving, over_at);
            prop_assert_eq!(judgement, Judgement::Over, "{} at {}", generation, over_at);
        }
        if self.truly_now >= ends_at {
            self.tally.count("a session past its end");
        }
        Ok(())
    }

    /// Without a thief, haste or a restore, the file of a client holds the live credential, or one whose
    /// answers were all lost.
    fn an_honest_client_holds_what_is_taken(&self, session: usize) -> Check {
        let (client, history, facts) =
            (&self.clients[session], &self.store.histories[session], &self.facts[session]);
        if facts.was_stolen || facts.was_hasty || facts.was_restored || client.is_signed_out {
            return Ok(());
        }
        prop_assert!(!history.was_ended);
        if client.file != history.live() {
            prop_assert!(history.making_from(client.file).is_some(), "the file is too old");
            prop_assert_eq!(facts.delivered.last(), Some(&client.file));
        }
        Ok(())
    }

    /// "Whoever shadows a session is found when the other copy is next refreshed": if two holders refresh in
    /// turn, each outside the retry window of the other, the session is over by the third refresh, whoever
    /// begins, and by the second if the first holder uses its access token. Holders of generations that a
    /// restored store has forgotten may need one more.
    fn whoever_shadows_a_session_is_found(&mut self, session: usize) -> Check {
        let row = &self.store.rows[session];
        let client = &self.clients[session];
        if client.is_signed_out || !row.is_live(self.now()) {
            return Ok(());
        }
        let later = u32::from(self.are_commits_lost(session));
        for theft in self.thefts.iter().flatten().filter(|theft| theft.session == session) {
            let copies = [client.file, theft.generation];
            for holders in [copies, [copies[1], copies[0]]] {
                let unused = self.refreshes_until_found(row, holders, false);
                let used = self.refreshes_until_found(row, holders, true);

                prop_assert!(unused <= 3 + later, "{holders:?}: only by refresh {unused}: {row:?}");
                prop_assert!(used <= 2 + later, "{holders:?}: only by refresh {used}, in use: {row:?}");
                self.tally.count("a shadowed session");
            }
        }
        Ok(())
    }

    /// Returns the number of alternating refreshes until the session is over.
    fn refreshes_until_found(&self, row: &Session, mut holders: [u32; 2], are_used: bool) -> u32 {
        let pause = self.rules.retry_window + FARTHEST_BEHIND + TimeDelta::seconds(1);
        let mut row = row.clone();
        let mut now = self.truly_now;
        let mut refreshes = 0;
        for turn in [0, 1].into_iter().cycle().take(10) {
            now += pause;
            refreshes += 1;
            let Some(next) = taken(refresh(&row, holders[turn], self.rules, now)) else { break };
            row = next;
            holders[turn] = row.chain.current.0;
            if are_used {
                row.chain = row.chain.after_seen(row.chain.current).unwrap_or(row.chain);
            }
        }
        refreshes
    }
}

/// Returns true if the judgement matches the verdict.
fn agrees(verdict: Verdict, judgement: &Judgement) -> bool {
    match (verdict, judgement) {
        (Verdict::Renewed(answer) | Verdict::NewSuccessor(answer), Judgement::Renewed(row))
        | (Verdict::SameAgain(answer), Judgement::Repeated(row))
        | (Verdict::TakenAsCurrent(answer), Judgement::Ahead(row)) => row.chain.current == Generation(answer),
        (Verdict::Reuse, Judgement::Reuse(row)) => {
            matches!(row.state, SessionState::Ended { reason: EndReason::Reuse, .. })
        }
        (Verdict::Over, Judgement::Over) => true,
        _ => false,
    }
}
