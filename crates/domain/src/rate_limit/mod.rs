//! A rate limit: how much one address, or one account, may ask for. Counted in memory, by each server for
//! itself.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// So many in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub count: u32,
    pub per: TimeDelta,
}

/// The standing of one request with the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub rate: Rate,
    /// Requests left before `resets_at`.
    pub remaining: u32,
    pub resets_at: DateTime<Utc>,
    /// True if this one is within the limit.
    pub is_allowed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    began_at: DateTime<Utc>,
    count: u32,
}

/// Counts by key. A key's window begins with the first that is counted and lasts as long as the rate says.
#[derive(Debug)]
pub struct Limit<K> {
    rate: Rate,
    windows: Mutex<HashMap<K, Window>>,
}

impl<K: Eq + Hash> Limit<K> {
    /// Number of remembered keys above which those with an expired window are dropped.
    const SWEEP_AT: usize = 100_000;

    /// Nothing counted yet.
    pub fn new(rate: Rate) -> Self {
        Self { rate, windows: Mutex::default() }
    }

    /// Counts one of `key` at `now`.
    pub fn count(&self, key: K, now: DateTime<Utc>) -> Standing {
        let is_over = |window: &Window| now - window.began_at >= self.rate.per;
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= Self::SWEEP_AT {
            windows.retain(|_, window| !is_over(window));
        }
        // Whoever has a great many addresses must not make this forget who has used theirs up.
        if windows.len() >= Self::SWEEP_AT {
            windows.retain(|_, window| window.count >= self.rate.count);
        }
        if windows.len() >= Self::SWEEP_AT {
            windows.clear();
        }
        let window = windows.entry(key).or_insert(Window { began_at: now, count: 0 });
        if is_over(window) {
            *window = Window { began_at: now, count: 0 };
        }
        let is_allowed = window.count < self.rate.count;
        window.count = window.count.saturating_add(1);
        self.standing(*window, is_allowed)
    }

    /// The standing of `key` at `now`; counts nothing.
    pub fn look(&self, key: &K, now: DateTime<Utc>) -> Standing {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let live = windows.get(key).filter(|window| now - window.began_at < self.rate.per);
        let window = live.copied().unwrap_or(Window { began_at: now, count: 0 });
        self.standing(window, window.count < self.rate.count)
    }

    fn standing(&self, window: Window, is_allowed: bool) -> Standing {
        Standing {
            rate: self.rate,
            remaining: self.rate.count.saturating_sub(window.count),
            resets_at: window.began_at + self.rate.per,
            is_allowed,
        }
    }
}

/// Counts by address ([`network`]).
#[derive(Debug)]
pub struct AddressLimit(Limit<IpAddr>);

impl AddressLimit {
    /// Nothing counted yet.
    pub fn new(rate: Rate) -> Self {
        Self(Limit::new(rate))
    }

    /// Counts one from `address` at `now`.
    pub fn count(&self, address: IpAddr, now: DateTime<Utc>) -> Standing {
        self.0.count(network(address), now)
    }

    /// The standing of `address` at `now`; counts nothing.
    pub fn look(&self, address: IpAddr, now: DateTime<Utc>) -> Standing {
        self.0.look(&network(address), now)
    }
}

/// The key of an address in limits: its /64 for IPv6, the IPv4 address for an IPv4-mapped one.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn limit() -> AddressLimit {
        AddressLimit::new(Rate { count: 2, per: TimeDelta::minutes(1) })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_count_is_allowed_and_no_more_until_the_window_is_over() {
        let limit = limit();

        let standings: Vec<_> =
            [0, 10, 20, 59, 60].map(|second| limit.count(ip("10.0.0.1"), at(second))).into();

        let told: Vec<_> = standings.iter().map(|s| (s.is_allowed, s.remaining, s.resets_at)).collect();
        let first = at(60);
        assert_eq!(
            told,
            [(true, 1, first), (true, 0, first), (false, 0, first), (false, 0, first), (true, 1, at(120))]
        );
    }

    #[test]
    fn a_look_counts_nothing_and_says_what_a_count_would() {
        let limit = limit();
        let told = |standing: Standing| (standing.is_allowed, standing.remaining, standing.resets_at);

        assert_eq!(told(limit.look(ip("10.0.0.1"), at(5))), (true, 2, at(65)));
        limit.count(ip("10.0.0.1"), at(10));
        assert_eq!(told(limit.look(ip("10.0.0.1"), at(20))), (true, 1, at(70)));
        limit.count(ip("10.0.0.1"), at(20));
        assert_eq!(told(limit.look(ip("10.0.0.1"), at(69))), (false, 0, at(70)));
        assert_eq!(told(limit.look(ip("10.0.0.1"), at(70))), (true, 2, at(130)));
    }

    #[test]
    fn a_flood_of_addresses_does_not_free_who_has_used_theirs_up() {
        let limit = Limit::new(Rate { count: 2, per: TimeDelta::minutes(1) });
        limit.count(0, at(0));
        limit.count(0, at(0));

        for key in 1..=150_000 {
            limit.count(key, at(1));
        }

        assert!(!limit.count(0, at(2)).is_allowed);
        assert!(limit.windows.lock().unwrap().len() <= 100_000);
    }

    #[test]
    fn addresses_are_counted_apart_by_their_network() {
        let limit = limit();
        limit.count(ip("2001:db8::1"), at(0));
        limit.count(ip("10.0.0.1"), at(0));

        assert_eq!(limit.count(ip("2001:db8::ffff:2"), at(0)).remaining, 0);
        assert_eq!(limit.count(ip("2001:db8:0:1::1"), at(0)).remaining, 1);
        assert_eq!(limit.count(ip("::ffff:10.0.0.1"), at(0)).remaining, 0);
        assert_eq!(limit.count(ip("10.0.0.2"), at(0)).remaining, 1);
    }
}
