//! What one address may have (contract §5): so many links, and so many wrong codes. Judged by what the store
//! remembers, so that it holds however many servers there are.

use std::net::{IpAddr, Ipv4Addr};

use chrono::{DateTime, TimeDelta, Utc};

use crate::rate_limit::{self, Rate};

/// Number of wrong codes within [`CODE_PERIOD`] that switch the codes of an address off for as long.
pub const WRONG_CODES: usize = 10;
/// Time that a wrong code counts, and that codes stay off.
pub const CODE_PERIOD: TimeDelta = TimeDelta::hours(24);

/// Budget of links for one address, with or without an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkBudget {
    /// Asked for from one network.
    pub per_network: Rate,
    /// In all.
    pub per_email: Rate,
}

/// A link that an address was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earlier {
    pub requested_at: DateTime<Utc>,
    /// The client that asked.
    pub ip: Option<IpAddr>,
}

/// There is no link left in the budget before this instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverBudget {
    pub free_at: DateTime<Utc>,
}

impl LinkBudget {
    /// Time that a link counts. [`LinkBudget::admit`] needs no older ones.
    pub fn period(&self) -> TimeDelta {
        self.per_network.per.max(self.per_email.per)
    }

    /// True if one more link may be sent at `now` to an address that was sent `earlier`, when `ip` asks.
    pub fn admit(
        &self,
        earlier: &[Earlier],
        ip: Option<IpAddr>,
        now: DateTime<Utc>,
    ) -> Result<(), OverBudget> {
        let near = |link: &&Earlier| link.ip.map(network) == ip.map(network);
        let all = earlier.iter().map(|link| link.requested_at);
        let near = earlier.iter().filter(near).map(|link| link.requested_at);
        let free_at = free_at(self.per_email, all, now).max(free_at(self.per_network, near, now));
        free_at.map_or(Ok(()), |free_at| Err(OverBudget { free_at }))
    }
}

/// When the oldest of too many is over. None if there are not too many.
fn free_at(
    rate: Rate,
    instants: impl Iterator<Item = DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let mut counted: Vec<_> = instants.filter(|at| *at > now - rate.per).collect();
    counted.sort_unstable_by(|one, other| other.cmp(one));
    let last = usize::try_from(rate.count).unwrap_or(usize::MAX).checked_sub(1)?;
    counted.get(last).map(|at| *at + rate.per)
}

/// The network of an address: an IPv4 /24 or an IPv6 /64.
fn network(ip: IpAddr) -> IpAddr {
    match rate_limit::network(ip) {
        IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & (u32::MAX << 8))),
        v6 @ IpAddr::V6(_) => v6,
    }
}

/// The wrong codes that were tried on the links of one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrongCodes {
    /// When, fewer than [`WRONG_CODES`] of them.
    pub tried_at: Vec<DateTime<Utc>>,
    /// Until when no code of the address is taken.
    pub off_until: Option<DateTime<Utc>>,
}

impl WrongCodes {
    /// True if codes are switched off at `now`. Links never are.
    pub fn are_codes_off(&self, now: DateTime<Utc>) -> bool {
        self.off_until.is_some_and(|until| now < until)
    }

    /// From when on this says nothing any more. None if it never did.
    pub fn quiet_at(&self) -> Option<DateTime<Utc>> {
        let last = self.tried_at.iter().max().map(|at| *at + CODE_PERIOD);
        last.max(self.off_until)
    }

    /// The same after one more at `now`. While codes are off none counts, so that nobody keeps them off.
    #[must_use]
    pub fn after_one(&self, now: DateTime<Utc>) -> Self {
        if self.are_codes_off(now) {
            return self.clone();
        }
        let recent = self.tried_at.iter().copied().filter(|at| *at > now - CODE_PERIOD);
        let tried_at: Vec<_> = recent.chain([now]).collect();
        if tried_at.len() < WRONG_CODES {
            return Self { tried_at, off_until: None };
        }
        Self { tried_at: Vec::new(), off_until: Some(now + CODE_PERIOD) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: LinkBudget = LinkBudget {
        per_network: Rate { count: 2, per: TimeDelta::minutes(15) },
        per_email: Rate { count: 3, per: TimeDelta::hours(1) },
    };

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn earlier(links: &[(i64, &str)]) -> Vec<Earlier> {
        links.iter().map(|(minute, ip)| Earlier { requested_at: at(*minute), ip: ip.parse().ok() }).collect()
    }

    fn admit(links: &[(i64, &str)], ip: &str, minute: i64) -> Result<(), OverBudget> {
        BUDGET.admit(&earlier(links), ip.parse().ok(), at(minute))
    }

    fn over(minute: i64) -> Result<(), OverBudget> {
        Err(OverBudget { free_at: at(minute) })
    }

    #[test]
    fn a_network_has_so_many_links_until_the_oldest_is_over() {
        let links = [(0, "192.0.2.1"), (10, "192.0.2.254")];

        assert_eq!(admit(&links[..1], "192.0.2.7", 1), Ok(()));
        assert_eq!(admit(&links, "192.0.2.7", 11), over(15));
        assert_eq!(admit(&links, "::ffff:192.0.2.7", 14), over(15));
        assert_eq!(admit(&links, "192.0.2.7", 15), Ok(()));
        assert_eq!(admit(&links, "192.0.3.1", 11), Ok(()));
    }

    #[test]
    fn an_ipv6_network_is_a_64_and_nowhere_is_a_network_too() {
        let links = [(0, "2001:db8::1"), (0, "2001:db8::ffff:2")];

        assert_eq!(admit(&links, "2001:db8::3", 1), over(15));
        assert_eq!(admit(&links, "2001:db8:0:1::3", 1), Ok(()));
        assert_eq!(admit(&[(0, ""), (0, "")], "", 1), over(15));
    }

    #[test]
    fn an_address_has_so_many_links_from_wherever_they_are_asked_for() {
        let links = [(0, "192.0.2.1"), (5, "198.51.100.1"), (20, "203.0.113.1")];

        assert_eq!(admit(&links, "10.0.0.1", 21), over(60));
        assert_eq!(admit(&links, "10.0.0.1", 60), Ok(()));
    }

    #[test]
    fn of_two_budgets_that_are_used_up_the_later_one_says_when() {
        let links = [(0, "10.0.0.1"), (50, "10.0.0.1"), (52, "10.0.0.1")];

        assert_eq!(admit(&links, "10.0.0.1", 53), over(65));
    }

    #[test]
    fn ten_wrong_codes_in_a_day_switch_codes_off_for_a_day() {
        let mut codes = WrongCodes::default();
        for minute in 0..9 {
            codes = codes.after_one(at(minute));
        }
        assert!(!codes.are_codes_off(at(9)));

        let off = codes.after_one(at(9));

        assert!(off.are_codes_off(at(9)) && off.are_codes_off(at(9 + 1439)));
        assert!(!off.are_codes_off(at(9 + 1440)));
        assert_eq!(off.after_one(at(20)), off, "none counts while they are off");
        assert_eq!(off.after_one(at(2000)).tried_at, [at(2000)]);
        assert_eq!(off.quiet_at(), Some(at(9 + 1440)));
        assert_eq!(off.after_one(at(2000)).quiet_at(), Some(at(2000 + 1440)));
        assert_eq!(WrongCodes::default().quiet_at(), None);
    }

    #[test]
    fn a_wrong_code_counts_for_a_day() {
        let mut codes = WrongCodes::default();
        for minute in [0, 1, 2, 3, 4, 5, 6, 7, 8, 1440] {
            codes = codes.after_one(at(minute));
        }

        assert!(!codes.are_codes_off(at(1440)));
        assert_eq!(codes.tried_at.len(), 9);
    }
}
