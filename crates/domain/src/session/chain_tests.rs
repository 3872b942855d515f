//! Every refresh token that can be presented to every chain. What has to come of it is worked out here from
//! the sentences of the contract ("Refresh rotation"), in its words: older, parent, current, inside a window.

use super::session_tests::{NOW, days, session};
use super::*;

const RETRY_WINDOW: TimeDelta = TimeDelta::seconds(60);
const LOST_RESPONSE_WINDOW: TimeDelta = TimeDelta::hours(1);
const IDLE: TimeDelta = TimeDelta::days(30);
const MILLISECOND: TimeDelta = TimeDelta::milliseconds(1);

/// History of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Past {
    /// Nothing: there is no parent yet.
    NeverRefreshed,
    /// 4 was presented, and 5 made.
    Refreshed,
    /// 4 was presented, 5 made and lost, 4 presented again, and 6 made.
    Replaced,
}

/// Whose refresh token, or whose access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    OlderThanParent,
    Parent,
    RetiredSuccessor,
    Current,
    JustAhead,
    FarAhead,
}

/// Age, measured by a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    /// The caller carries an earlier instant than who came before.
    Negative,
    Zero,
    Inside,
    LastInstant,
    Edge,
    Beyond,
}

/// Which windows there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Both,
    OnlyLostResponse,
    OnlyRetry,
    Strict,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    past: Past,
    presented: Token,
    /// The age of the current generation.
    made: Age,
    /// The age of the first use of the parent.
    spent: Age,
    /// The highest generation that was seen.
    seen: Token,
    mode: Mode,
}

/// The contract's verdict on a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Renewed,
    SameAgain,
    NewSuccessor,
    TakenAsCurrent,
    Reuse,
}

const PASTS: [Past; 3] = [Past::NeverRefreshed, Past::Refreshed, Past::Replaced];
const TOKENS: [Token; 6] = [
    Token::OlderThanParent,
    Token::Parent,
    Token::RetiredSuccessor,
    Token::Current,
    Token::JustAhead,
    Token::FarAhead,
];
const AGES: [Age; 6] = [Age::Negative, Age::Zero, Age::Inside, Age::LastInstant, Age::Edge, Age::Beyond];
const MODES: [Mode; 4] = [Mode::Both, Mode::OnlyLostResponse, Mode::OnlyRetry, Mode::Strict];

impl Past {
    /// The generation of `token`; none if there is no such token after this past.
    fn generation(self, token: Token) -> Option<Generation> {
        let [older, parent, retired, current, just_ahead] = match self {
            Self::NeverRefreshed => [None, None, None, Some(0), Some(1)],
            Self::Refreshed => [Some(3), Some(4), None, Some(5), Some(6)],
            Self::Replaced => [Some(3), Some(4), Some(5), Some(6), Some(7)],
        };
        let number = match token {
            Token::OlderThanParent => older,
            Token::Parent => parent,
            Token::RetiredSuccessor => retired,
            Token::Current => current,
            Token::JustAhead => just_ahead,
            Token::FarAhead => Some(9),
        };
        number.map(Generation)
    }
}

impl Age {
    fn of(self, window: TimeDelta) -> TimeDelta {
        match self {
            Self::Negative => TimeDelta::seconds(-5),
            Self::Zero => TimeDelta::zero(),
            Self::Inside => window / 2,
            Self::LastInstant => window - MILLISECOND,
            Self::Edge => window,
            Self::Beyond => window + TimeDelta::seconds(1),
        }
    }

    /// True if something of this age is inside its window, if there is such a window at all.
    fn is_inside(self, there_is_a_window: bool) -> bool {
        there_is_a_window && !matches!(self, Self::Edge | Self::Beyond)
    }
}

impl Mode {
    fn has_retry_window(self) -> bool {
        matches!(self, Self::Both | Self::OnlyRetry)
    }

    fn has_lost_response_window(self) -> bool {
        matches!(self, Self::Both | Self::OnlyLostResponse)
    }

    fn rules(self) -> RotationRules {
        let zero_unless = |is_set: bool, window: TimeDelta| if is_set { window } else { TimeDelta::zero() };
        RotationRules {
            retry_window: zero_unless(self.has_retry_window(), RETRY_WINDOW),
            lost_response_window: zero_unless(self.has_lost_response_window(), LOST_RESPONSE_WINDOW),
        }
    }
}

impl Case {
    /// Every one that can be.
    fn all() -> impl Iterator<Item = Self> {
        let tokens = PASTS.into_iter().flat_map(|past| {
            let exist = move |token: &Token| past.generation(*token).is_some();
            TOKENS.into_iter().filter(exist).flat_map(move |presented| {
                TOKENS.into_iter().filter(exist).map(move |seen| (past, presented, seen))
            })
        });
        tokens.flat_map(|(past, presented, seen)| {
            AGES.into_iter().flat_map(move |made| {
                AGES.into_iter().flat_map(move |spent| {
                    MODES.into_iter().map(move |mode| Self { past, presented, made, spent, seen, mode })
                })
            })
        })
    }

    fn chain(self) -> Chain {
        Chain {
            current: self.past.generation(Token::Current).unwrap(),
            parent: self.past.generation(Token::Parent),
            seen: self.past.generation(self.seen).unwrap(),
            spent_at: NOW - self.spent.of(LOST_RESPONSE_WINDOW),
            made_at: NOW - self.made.of(RETRY_WINDOW),
        }
    }

    fn presented(self) -> Generation {
        self.past.generation(self.presented).unwrap()
    }

    /// The contract, a sentence a line. Exactly one of them must speak of the case.
    fn verdict(self) -> Verdict {
        let is_parent = self.presented == Token::Parent;
        let is_inside_retry_window = self.made.is_inside(self.mode.has_retry_window());
        let is_inside_lost_response_window = self.spent.is_inside(self.mode.has_lost_response_window());
        let later_was_seen = !matches!(self.seen, Token::OlderThanParent | Token::Parent);

        // "Refreshing generation n atomically makes it n+1."
        let renewed = self.presented == Token::Current;
        // "n presented again within the retry window, while that successor has not been refreshed."
        let same_again = is_parent && is_inside_retry_window;
        // "After that, and for up to an hour from the first use of n, n is still taken while nothing issued
        // with a later generation has been seen."
        let new_successor =
            is_parent && !is_inside_retry_window && is_inside_lost_response_window && !later_was_seen;
        // "A genuine generation ahead of the row is taken as current."
        let taken_as_current = matches!(self.presented, Token::JustAhead | Token::FarAhead);
        // "Any older generation [...] is reuse"; of a retired one, "presenting its refresh token is reuse".
        let older = matches!(self.presented, Token::OlderThanParent | Token::RetiredSuccessor);
        // "[...] or n outside these rules."
        let outside =
            is_parent && !is_inside_retry_window && (!is_inside_lost_response_window || later_was_seen);

        let sentences = [
            (renewed, Verdict::Renewed),
            (same_again, Verdict::SameAgain),
            (new_successor, Verdict::NewSuccessor),
            (taken_as_current, Verdict::TakenAsCurrent),
            (older || outside, Verdict::Reuse),
        ];
        let verdicts: Vec<_> = sentences.into_iter().filter(|(applies, _)| *applies).collect();
        assert_eq!(verdicts.len(), 1, "{self:?}: the contract says {verdicts:?}");
        verdicts[0].1
    }

    /// The chain that must be stored.
    fn stored(self) -> Chain {
        let before = self.chain();
        let presented = self.presented();
        match self.verdict() {
            // "The row holds the current generation, its parent, the highest one seen, when the parent was
            // first used and when the current one was made."
            Verdict::Renewed | Verdict::TakenAsCurrent => Chain {
                current: Generation(presented.0 + 1),
                parent: Some(presented),
                seen: Generation(before.seen.0.max(presented.0)),
                spent_at: NOW,
                made_at: NOW,
            },
            // "Replacing one restarts the retry window only."
            Verdict::NewSuccessor => Chain {
                current: Generation(before.current.0 + 1),
                parent: before.parent,
                seen: before.seen,
                spent_at: before.spent_at,
                made_at: NOW,
            },
            // "Repeating an answer moves no window."
            Verdict::SameAgain | Verdict::Reuse => before,
        }
    }

    fn presentation(self) -> Presentation {
        let stored = self.stored();
        match self.verdict() {
            Verdict::Renewed => Presentation::Rotate(stored),
            Verdict::SameAgain => Presentation::Repeat(stored),
            Verdict::NewSuccessor => Presentation::Replace(stored),
            Verdict::TakenAsCurrent => Presentation::Ahead(stored),
            Verdict::Reuse => Presentation::Reuse,
        }
    }
}

#[test]
fn every_token_meets_what_the_contract_says_of_it() {
    for case in Case::all() {
        let presentation = case.chain().present(case.presented(), NOW, case.mode.rules());

        assert_eq!(presentation, case.presentation(), "{case:?}");
    }
}

#[test]
fn the_table_is_whole() {
    let verdicts: Vec<_> = Case::all().map(Case::verdict).collect();

    let count = |of| verdicts.iter().filter(|verdict| **verdict == of).count();
    // Ages: 6 of each, 4 of them inside. Sights: 2, 5 and 6 a past, none to two of them no later than the
    // parent. Modes: 4, and each window is there in 2.
    let settings = 6 * 6 * 4;
    let parents = settings * (5 + 6);
    let repeats = 2 * 4 * 6 * (5 + 6);
    let replaces = (2 * 4 + 6 * 4) * (2 + 2);
    assert_eq!(count(Verdict::Renewed), settings * (3 + 5 + 6));
    assert_eq!(count(Verdict::TakenAsCurrent), 2 * settings * (3 + 5 + 6));
    assert_eq!(count(Verdict::SameAgain), repeats);
    assert_eq!(count(Verdict::NewSuccessor), replaces);
    assert_eq!(count(Verdict::Reuse), settings * (5 + 6 + 6) + parents - repeats - replaces);
}

/// Time until which the session may be refreshed, if at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Live,
    LastInstantOfIdle,
    LastInstantOfAll,
    IdleOver,
    AllOver,
    Ended(EndReason),
}

const STANDINGS: [Standing; 9] = [
    Standing::Live,
    Standing::LastInstantOfIdle,
    Standing::LastInstantOfAll,
    Standing::IdleOver,
    Standing::AllOver,
    Standing::Ended(EndReason::SignedOut),
    Standing::Ended(EndReason::Ended),
    Standing::Ended(EndReason::Reuse),
    Standing::Ended(EndReason::AccountDisabled),
];

impl Standing {
    fn session(self, kind: SessionKind) -> Session {
        let mut session = Session { idle_ends_at: NOW + days(10), ends_at: NOW + days(100), ..session(kind) };
        match self {
            Self::Live => {}
            Self::LastInstantOfIdle => session.idle_ends_at = NOW + MILLISECOND,
            Self::LastInstantOfAll => {
                session.idle_ends_at = NOW + MILLISECOND;
                session.ends_at = NOW + MILLISECOND;
            }
            Self::IdleOver => session.idle_ends_at = NOW,
            Self::AllOver => session.ends_at = NOW,
            Self::Ended(reason) => session.state = SessionState::Ended { at: NOW - days(1), reason },
        }
        session
    }

    fn is_live(self) -> bool {
        matches!(self, Self::Live | Self::LastInstantOfIdle | Self::LastInstantOfAll)
    }

    /// "30 days after its last refresh; no refresh extends it past the absolute end."
    fn renewed_until(self) -> DateTime<Utc> {
        if self == Self::LastInstantOfAll { NOW + MILLISECOND } else { NOW + days(30) }
    }
}

/// The table's verdict on `case` for a session that may be refreshed.
fn judgement(case: Case, before: &Session, renewed_until: DateTime<Utc>) -> Judgement {
    let renewed = || Session {
        chain: case.stored(),
        last_used_at: NOW.max(before.last_used_at),
        idle_ends_at: renewed_until,
        ..before.clone()
    };
    match case.verdict() {
        Verdict::Renewed | Verdict::NewSuccessor => Judgement::Renewed(renewed()),
        Verdict::TakenAsCurrent => Judgement::Ahead(renewed()),
        Verdict::SameAgain => Judgement::Repeated(before.clone()),
        Verdict::Reuse => Judgement::Reuse(Session {
            state: SessionState::Ended { at: NOW, reason: EndReason::Reuse },
            ..before.clone()
        }),
    }
}

#[test]
fn every_token_meets_it_in_a_session_that_may_be_refreshed_and_in_no_other() {
    let kinds = [SessionKind::Tokens, SessionKind::Device, SessionKind::Browser];
    let clients = [None, Some("cli"), Some("web"), Some("")];
    let mut expected = 0;
    for standing in STANDINGS {
        for (kind, client_id) in kinds.into_iter().flat_map(|kind| clients.map(|client| (kind, client))) {
            let is_client = client_id.is_none_or(|client_id| client_id == "cli");
            let may_be_refreshed = standing.is_live() && kind != SessionKind::Browser && is_client;
            let mut session = standing.session(kind);
            let mut refresh = Refresh {
                session: session.id,
                presented: Generation(0),
                client_id: client_id.map(ToOwned::to_owned),
                rules: Mode::Both.rules(),
                idle: IDLE,
            };
            for case in Case::all() {
                session.chain = case.chain();
                session.last_used_at = session.chain.made_at;
                refresh.presented = case.presented();
                refresh.rules = case.mode.rules();

                let judged = session.refresh(&refresh, NOW);

                if may_be_refreshed {
                    let expectation = judgement(case, &session, standing.renewed_until());
                    assert_eq!(judged, expectation, "{standing:?} {kind:?} {client_id:?} {case:?}");
                    expected += 1;
                } else {
                    assert_eq!(judged, Judgement::Over, "{standing:?} {kind:?} {client_id:?} {case:?}");
                }
            }
        }
    }
    assert_eq!(expected, 3 * 2 * 2 * Case::all().count());
}

#[test]
fn every_sight_is_news_only_above_what_was_seen() {
    for case in Case::all() {
        let before = case.chain();
        let sighted = case.presented();

        let after = before.after_seen(sighted);

        let is_news = sighted.0 > before.seen.0;
        let expected = is_news.then_some(Chain { seen: sighted, ..before });
        assert_eq!(after, expected, "{case:?}");
    }
}

/// A chain that is opened at second 0, and the seconds since.
#[derive(Debug)]
struct Story {
    chain: Chain,
    rules: RotationRules,
}

impl Story {
    fn new(mode: Mode) -> Self {
        Self { chain: Chain::new(second(0)), rules: mode.rules() }
    }

    /// Presents `generation` at `seconds`, stores what comes of it and returns the answer; none is reuse.
    fn present(&mut self, generation: u32, seconds: i64) -> Option<u32> {
        let presentation = self.chain.present(Generation(generation), second(seconds), self.rules);
        self.chain = match presentation {
            Presentation::Rotate(chain)
            | Presentation::Repeat(chain)
            | Presentation::Replace(chain)
            | Presentation::Ahead(chain) => chain,
            Presentation::Reuse => return None,
        };
        Some(self.chain.current.0)
    }

    fn mark_seen(&mut self, generation: u32) {
        self.chain = self.chain.after_seen(Generation(generation)).unwrap_or(self.chain);
    }
}

fn second(seconds: i64) -> DateTime<Utc> {
    NOW + TimeDelta::seconds(seconds)
}

#[test]
fn a_chain_is_renewed_one_generation_at_a_time() {
    let mut story = Story::new(Mode::Strict);

    let answers = [story.present(0, 10), story.present(1, 20), story.present(2, 20), story.present(3, 15)];

    assert_eq!(answers, [Some(1), Some(2), Some(3), Some(4)]);
}

#[test]
fn twenty_racers_get_one_successor_whatever_instants_they_carry() {
    let mut story = Story::new(Mode::Both);
    story.present(0, 100);
    let before = story.chain;

    let answers: Vec<_> = (90..110).map(|seconds| story.present(0, seconds)).collect();

    assert_eq!(answers, [Some(1); 20]);
    assert_eq!(story.chain, before);
}

#[test]
fn a_racer_is_answered_even_after_the_winner_was_seen() {
    let mut story = Story::new(Mode::Both);
    story.present(0, 100);
    story.mark_seen(1);

    let in_time = story.present(0, 159);
    let late = story.present(0, 160);

    assert_eq!((in_time, late), (Some(1), None));
}

#[test]
fn a_racer_that_is_two_behind_is_reuse() {
    let mut story = Story::new(Mode::Both);
    story.present(0, 100);
    story.present(1, 101);

    let answer = story.present(0, 102);

    assert_eq!(answer, None);
}

#[test]
fn repeating_an_answer_does_not_prolong_the_retry_window() {
    let mut story = Story::new(Mode::OnlyRetry);
    story.present(0, 0);

    let answers = [story.present(0, 30), story.present(0, 59), story.present(0, 60)];

    assert_eq!(answers, [Some(1), Some(1), None]);
}

#[test]
fn lost_responses_are_replaced_for_an_hour_from_the_first_use() {
    let mut story = Story::new(Mode::Both);
    story.present(0, 0);

    let answers = [60, 119, 120, 3_599, 3_600, 3_658].map(|seconds| story.present(0, seconds));
    let late = story.present(0, 3_659);

    assert_eq!(answers, [Some(2), Some(2), Some(3), Some(4), Some(4), Some(4)]);
    assert_eq!(late, None, "a minute after the last one was made");
}

#[test]
fn a_retired_successor_is_reuse_and_the_one_after_it_is_not() {
    let mut story = Story::new(Mode::Both);
    story.present(0, 0);
    story.present(0, 61);
    let replaced = story.chain;

    let retired = story.present(1, 62);
    let live = story.present(2, 62);

    assert_eq!(replaced.current, Generation(2));
    assert_eq!((retired, live), (None, Some(3)));
}

#[test]
fn the_sight_of_any_successor_ends_the_taking_of_what_came_before() {
    for sighted in [1, 2] {
        let mut story = Story::new(Mode::Both);
        story.present(0, 0);
        story.present(0, 61);
        story.mark_seen(sighted);

        let at_once = story.present(0, 62);
        let later = story.present(0, 122);

        assert_eq!((at_once, later), (Some(2), None), "{sighted}");
    }
}

#[test]
fn a_retired_successor_that_is_seen_late_does_not_harm_what_was_refreshed_since() {
    let mut story = Story::new(Mode::Both);
    story.present(0, 0);
    story.present(0, 61);
    story.present(2, 100);
    story.mark_seen(1);

    let answer = story.present(2, 200);

    assert_eq!(answer, Some(4), "2 is taken again: nothing later was seen");
}

#[test]
fn what_a_restored_store_has_forgotten_is_taken_and_becomes_the_parent() {
    let mut story = Story::new(Mode::Both);

    let answers = [story.present(7, 10), story.present(7, 20), story.present(7, 90), story.present(6, 91)];

    assert_eq!(answers, [Some(8), Some(8), Some(9), None]);
}

#[test]
fn what_a_restored_store_has_forgotten_is_good_until_the_newest_of_it_is_presented() {
    let mut story = Story::new(Mode::Both);

    let [stolen, newest] = [story.present(7, 10), story.present(10, 20)];
    let stolen_again = story.present(8, 30);

    assert_eq!((stolen, newest), (Some(8), Some(11)), "nothing tells a copy from what the store has lost");
    assert_eq!(stolen_again, None);
}

#[test]
fn a_sight_from_before_a_restore_is_not_forgotten_by_an_older_refresh() {
    let mut story = Story::new(Mode::Both);
    story.mark_seen(9);
    story.present(0, 10);

    let answer = story.present(0, 80);

    assert_eq!(story.chain.seen, Generation(9));
    assert_eq!(answer, None);
}

#[test]
fn in_strict_mode_whoever_comes_second_is_reuse() {
    for seconds in [4, 5, 6] {
        let mut story = Story::new(Mode::Strict);
        story.present(0, 5);

        let answer = story.present(0, seconds);

        assert_eq!(answer, None, "{seconds}");
    }
}

#[test]
fn without_a_retry_window_a_racer_retires_the_winners_token() {
    let mut story = Story::new(Mode::OnlyLostResponse);
    story.present(0, 5);

    let racer = story.present(0, 4);
    let winner = story.present(1, 6);

    assert_eq!((racer, winner), (Some(2), None));
}
