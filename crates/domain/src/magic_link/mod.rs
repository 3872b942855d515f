//! A magic link: a person signs in by proving that they receive mail at an address.
//!
//! 1. Somebody asks for a link to an address. The answer is the same whoever they are.
//! 2. The mail carries a token, in a fragment, and a six-digit code for the device that asked.
//! 3. Either is redeemed, once.

pub mod budget;
pub mod port;
pub mod redirect;

use chrono::{DateTime, Utc};

pub use self::budget::{LinkBudget, OverBudget, WrongCodes};
pub use self::redirect::RedirectTo;
use crate::client_info::ClientInfo;
use crate::email::EmailAddress;
use crate::id::MagicLinkId;

/// Number of wrong codes that void a link.
pub const CODE_ATTEMPTS: u32 = 5;

/// One link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MagicLink {
    pub id: MagicLinkId,
    pub email: EmailAddress,
    /// Where to go after the sign-in.
    pub redirect_to: Option<RedirectTo>,
    pub requested_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// The client that asked.
    pub client_info: ClientInfo,
    pub state: MagicLinkState,
}

/// State of a link, regardless of its expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MagicLinkState {
    /// After this many wrong codes.
    Open {
        wrong_codes: u32,
    },
    Redeemed {
        at: DateTime<Utc>,
    },
    /// By too many wrong codes.
    Killed {
        at: DateTime<Utc>,
    },
}

/// Proof for redeeming a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its token.
    Token,
    /// A code; whether it is the right one was found out in constant time.
    Code { is_right: bool },
}

/// Judgement of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redeeming {
    /// The link is good for one sign-in; this is how it must be stored with it.
    Redeemed(MagicLinkState),
    /// A wrong code; this is how the link must be stored. It counts for the address, too
    /// ([`WrongCodes::after_one`]).
    WrongCode(MagicLinkState),
    /// Used, killed or past its time, or a right code of an address whose codes are off.
    Over,
}

impl MagicLink {
    /// Judges `proof` at `now`; `codes` are those that were tried on all links of the address.
    pub fn redeem(&self, proof: Proof, codes: &WrongCodes, now: DateTime<Utc>) -> Redeeming {
        let MagicLinkState::Open { wrong_codes } = self.state else { return Redeeming::Over };
        if now >= self.expires_at {
            return Redeeming::Over;
        }
        match proof {
            Proof::Code { is_right: true } if codes.are_codes_off(now) => Redeeming::Over,
            Proof::Token | Proof::Code { is_right: true } => {
                Redeeming::Redeemed(MagicLinkState::Redeemed { at: now })
            }
            Proof::Code { is_right: false } => Redeeming::WrongCode(match wrong_codes + 1 {
                wrong_codes if wrong_codes < CODE_ATTEMPTS => MagicLinkState::Open { wrong_codes },
                _ => MagicLinkState::Killed { at: now },
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;

    const RIGHT: Proof = Proof::Code { is_right: true };
    const WRONG: Proof = Proof::Code { is_right: false };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn link(state: MagicLinkState) -> MagicLink {
        MagicLink {
            id: MagicLinkId(Uuid::nil()),
            email: EmailAddress::parse("ada@example.com").unwrap(),
            redirect_to: None,
            requested_at: at(0),
            expires_at: at(900),
            client_info: ClientInfo::default(),
            state,
        }
    }

    #[test]
    fn every_state_answers_every_proof() {
        let redeemed = Redeeming::Redeemed(MagicLinkState::Redeemed { at: at(10) });
        let counted = |wrong_codes| Redeeming::WrongCode(MagicLinkState::Open { wrong_codes });
        let killed = Redeeming::WrongCode(MagicLinkState::Killed { at: at(10) });
        let table = [
            (MagicLinkState::Open { wrong_codes: 0 }, redeemed, redeemed, counted(1)),
            (MagicLinkState::Open { wrong_codes: 3 }, redeemed, redeemed, counted(4)),
            (MagicLinkState::Open { wrong_codes: 4 }, redeemed, redeemed, killed),
            (MagicLinkState::Redeemed { at: at(5) }, Redeeming::Over, Redeeming::Over, Redeeming::Over),
            (MagicLinkState::Killed { at: at(5) }, Redeeming::Over, Redeeming::Over, Redeeming::Over),
        ];

        let on = WrongCodes::default();
        for (state, by_token, by_code, by_wrong_code) in table {
            assert_eq!(link(state).redeem(Proof::Token, &on, at(10)), by_token, "{state:?}");
            assert_eq!(link(state).redeem(RIGHT, &on, at(10)), by_code, "{state:?}");
            assert_eq!(link(state).redeem(WRONG, &on, at(10)), by_wrong_code, "{state:?}");
            for proof in [Proof::Token, RIGHT, WRONG] {
                assert_eq!(link(state).redeem(proof, &on, at(900)), Redeeming::Over, "{state:?} {proof:?}");
            }
        }
    }

    #[test]
    fn codes_that_are_off_are_not_taken_and_links_are() {
        let off = WrongCodes { off_until: Some(at(60)), ..WrongCodes::default() };
        let open = link(MagicLinkState::Open { wrong_codes: 0 });

        assert_eq!(open.redeem(RIGHT, &off, at(59)), Redeeming::Over);
        assert_eq!(
            open.redeem(WRONG, &off, at(59)),
            Redeeming::WrongCode(MagicLinkState::Open { wrong_codes: 1 })
        );
        assert!(matches!(open.redeem(Proof::Token, &off, at(59)), Redeeming::Redeemed(_)));
        assert!(matches!(open.redeem(RIGHT, &off, at(60)), Redeeming::Redeemed(_)));
    }
}
