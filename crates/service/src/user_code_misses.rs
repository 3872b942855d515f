//! How many user codes may be guessed (RFC 8628 §5.1). A miss is a code that is unknown, past its time or another
//! account's. Counted in memory, by each server for itself.

use std::net::{IpAddr, Ipv4Addr};

use chrono::{DateTime, TimeDelta, Utc};
use keywright_domain::id::UserId;
use keywright_domain::rate_limit::{AddressLimit, Limit, Rate, Standing};
use keywright_domain::request_context::RequestContext;

/// Too many misses: until this long has passed the right code is refused, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyMisses {
    pub retry_after: TimeDelta,
}

/// The misses of every account and of every address.
#[derive(Debug)]
pub struct Misses {
    by_account: Limit<UserId>,
    by_address: AddressLimit,
}

impl Misses {
    /// No misses yet.
    pub fn new(per_account: Rate, per_address: Rate) -> Self {
        Self { by_account: Limit::new(per_account), by_address: AddressLimit::new(per_address) }
    }

    /// True if `user` may try a code.
    pub fn check(&self, user: UserId, at: &RequestContext) -> Result<(), TooManyMisses> {
        let standings = [self.by_account.look(&user, at.now), self.by_address.look(address(at), at.now)];
        admitted(standings, at.now)
    }

    /// Counts a miss by `user`. Fails if it is one too many, so that of any number of misses that race no more
    /// are told to be misses than the limit allows.
    pub fn miss(&self, user: UserId, at: &RequestContext) -> Result<(), TooManyMisses> {
        let standings = [self.by_account.count(user, at.now), self.by_address.count(address(at), at.now)];
        admitted(standings, at.now)
    }
}

fn address(at: &RequestContext) -> IpAddr {
    at.client_info.ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

fn admitted(standings: [Standing; 2], now: DateTime<Utc>) -> Result<(), TooManyMisses> {
    let exhausted = standings.into_iter().filter(|standing| !standing.is_allowed);
    match exhausted.map(|standing| standing.resets_at - now).max() {
        Some(retry_after) => Err(TooManyMisses { retry_after }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use keywright_domain::client_info::ClientInfo;
    use keywright_domain::clock::Clock;
    use keywright_domain::entropy::Entropy;

    const ADA: UserId = UserId(Uuid::from_u128(1));

    struct Fixed(i64);

    impl Clock for Fixed {
        fn now(&self) -> DateTime<Utc> {
            DateTime::UNIX_EPOCH + TimeDelta::seconds(self.0)
        }
    }

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    fn request_context(second: i64, ip: &str) -> RequestContext {
        let origin = ClientInfo { ip: ip.parse().ok(), user_agent: None };
        RequestContext::new(&Fixed(second), &Fixed(second), None, origin)
    }

    fn misses() -> Misses {
        let rate = |count| Rate { count, per: TimeDelta::minutes(10) };
        Misses::new(rate(2), rate(5))
    }

    fn too_many(seconds: i64) -> Result<(), TooManyMisses> {
        Err(TooManyMisses { retry_after: TimeDelta::seconds(seconds) })
    }

    #[test]
    fn an_account_that_misses_too_often_is_refused_wherever_it_is_until_the_time_is_over() {
        let misses = misses();
        for second in [0, 5] {
            assert_eq!(misses.miss(ADA, &request_context(second, "10.0.0.1")), Ok(()));
        }

        assert_eq!(misses.miss(ADA, &request_context(6, "10.0.0.1")), too_many(594));
        assert_eq!(misses.check(ADA, &request_context(7, "10.9.9.9")), too_many(593));
        assert_eq!(misses.check(ADA, &request_context(599, "10.0.0.1")), too_many(1));
        assert_eq!(misses.check(ADA, &request_context(600, "10.0.0.1")), Ok(()));
    }

    #[test]
    fn an_address_that_misses_too_often_is_refused_whoever_signs_in_there() {
        let misses = misses();
        for number in 10..15 {
            let user = UserId(Uuid::from_u128(number));
            assert_eq!(misses.miss(user, &request_context(0, &format!("2001:db8::{number}"))), Ok(()));
        }

        assert_eq!(misses.check(ADA, &request_context(1, "2001:db8::1")), too_many(599));
        assert_eq!(misses.check(ADA, &request_context(1, "2001:db8:0:1::1")), Ok(()));
    }

    #[test]
    fn a_check_counts_nothing() {
        let misses = misses();

        for _ in 0..20 {
            assert_eq!(misses.check(ADA, &request_context(0, "10.0.0.1")), Ok(()));
        }
    }
}
