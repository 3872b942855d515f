//! A rate limit: how much one address may ask for. Counted in memory, by each server for itself.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// So many in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub count: u32,
    pub per: TimeDelta,
}

/// What the limit says of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub rate: Rate,
    /// How many more are allowed before `resets_at`.
    pub remaining: u32,
    pub resets_at: DateTime<Utc>,
    /// Whether this one is within the limit.
    pub is_allowed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    began_at: DateTime<Utc>,
    count: u32,
}

/// Counts by address. An address's window begins with its first request and lasts as long as the rate says.
#[derive(Debug)]
pub struct AddressLimit {
    rate: Rate,
    windows: Mutex<HashMap<IpAddr, Window>>,
}

impl AddressLimit {
    /// How many addresses are remembered before those whose window is over are dropped.
    const SWEEP_AT: usize = 100_000;

    /// Nothing counted yet.
    pub fn new(rate: Rate) -> Self {
        Self { rate, windows: Mutex::default() }
    }

    /// Counts a request from `address` at `now`.
    pub fn count(&self, address: IpAddr, now: DateTime<Utc>) -> Standing {
        let is_over = |window: &Window| now - window.began_at >= self.rate.per;
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= Self::SWEEP_AT {
            windows.retain(|_, window| !is_over(window));
        }
        // Should the sweep have freed nothing, everybody is within a window: starting over is bounded, too.
        if windows.len() >= Self::SWEEP_AT {
            windows.clear();
        }
        let window = windows.entry(network(address)).or_insert(Window { began_at: now, count: 0 });
        if is_over(window) {
            *window = Window { began_at: now, count: 0 };
        }
        let is_allowed = window.count < self.rate.count;
        window.count = window.count.saturating_add(1);
        Standing {
            rate: self.rate,
            remaining: self.rate.count.saturating_sub(window.count),
            resets_at: window.began_at + self.rate.per,
            is_allowed,
        }
    }
}

/// What counts as one address: an IPv6 one by its /64, an IPv4-mapped one as IPv4.
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
