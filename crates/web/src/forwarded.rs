//! For whom a proxy asks: the client's address, as far as the hops that are trusted tell it.
//!
//! 1. The peer of the connection is the first hop. Only a trusted one is asked.
//! 2. One configured header is read, `X-Forwarded-For` or `Forwarded` (RFC 7239), all its lines as one list.
//! 3. The list is walked from the right, where the nearest proxy wrote: the left end is the client's own.
//! 4. The first hop that is not trusted is the client. What names nobody (`unknown`, `_hidden`, garbage) ends
//!    the walk at the last trusted hop.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::http::header::{FORWARDED, HeaderMap, HeaderName, X_FORWARDED_FOR};
use ipnet::IpNet;

/// Number of entries examined. No chain of proxies is longer, but a header may be.
const MAX_HOPS: usize = 64;

/// The header in which a proxy says for whom it asks. The other one is ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// The customary one: addresses.
    #[default]
    XForwardedFor,
    /// RFC 7239: `for=` pairs.
    Forwarded,
}

impl ForwardedHeader {
    /// The name of the header.
    pub fn name(self) -> HeaderName {
        match self {
            Self::XForwardedFor => X_FORWARDED_FOR,
            Self::Forwarded => FORWARDED,
        }
    }

    /// Whom one entry names, if it names an address.
    fn hop(self, entry: &str) -> Option<IpAddr> {
        match self {
            Self::XForwardedFor => address(entry),
            Self::Forwarded => address(&forwarded_for(entry)?),
        }
    }
}

/// The peers that are believed. By default nobody is.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    /// IPv4-mapped networks are given as IPv4.
    pub networks: Vec<IpNet>,
    pub header: ForwardedHeader,
}

impl TrustedProxies {
    /// The address of the client that asks through `peer`. An IPv4-mapped one is IPv4.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trusts(client) {
            return client;
        }
        let lines: Vec<_> = headers.get_all(self.header.name()).collect();
        // A line that is no text is one entry that names nobody.
        let entries = lines.into_iter().rev().flat_map(|line| entries(line.to_str().unwrap_or("?"), ','));
        for entry in entries.take(MAX_HOPS) {
            match self.header.hop(entry) {
                Some(hop) => client = hop,
                None => return client,
            }
            if !self.trusts(client) {
                return client;
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }
}

/// The elements of a list, the last one first. What is inside of quotes does not part them; empty ones do not
/// count (RFC 9110 §5.6.1.2).
///
/// Read from the right, so that no quote in what a client wrote can swallow what a proxy wrote after it.
fn entries(list: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(list);
    std::iter::from_fn(move || {
        let list = rest?;
        let mut is_quoted = false;
        let parting = list.char_indices().rev().find(|(at, c)| {
            is_quoted ^= *c == '"' && !is_escaped(list, *at);
            *c == separator && !is_quoted
        });
        let (before, entry) = match parting {
            Some((at, _)) => (list.get(..at), list.get(at + separator.len_utf8()..)),
            None => (None, Some(list)),
        };
        rest = before;
        entry
    })
    .map(|entry| entry.trim_matches([' ', '\t']))
    .filter(|entry| !entry.is_empty())
}

/// True if the character at `at` comes after an odd number of backslashes.
fn is_escaped(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    before.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// The value of `for` in one element of RFC 7239 §4; none unless there is exactly one.
fn forwarded_for(element: &str) -> Option<String> {
    let mut found = None;
    for pair in entries(element, ';') {
        let (name, value) = pair.split_once('=')?;
        let value = unquoted(value)?;
        if name.eq_ignore_ascii_case("for") && found.replace(value).is_some() {
            return None;
        }
    }
    found
}

/// A token as it is, a quoted string without its quotes and escapes (RFC 9110 §5.6.4).
fn unquoted(value: &str) -> Option<String> {
    let Some(inner) = value.strip_prefix('"') else {
        return (!value.contains(['"', '\\'])).then(|| value.to_owned());
    };
    let inner = inner.strip_suffix('"')?;
    let mut text = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return None,
            '\\' => text.push(characters.next()?),
            _ => text.push(character),
        }
    }
    Some(text)
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`. A port may be hidden
/// (RFC 7239 §6.3).
fn address(node: &str) -> Option<IpAddr> {
    if let Some(bracketed) = node.strip_prefix('[') {
        let (host, port) = bracketed.split_once(']')?;
        let is_whole = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        let v6: Ipv6Addr = host.parse().ok()?;
        return is_whole.then(|| IpAddr::V6(v6).to_canonical());
    }
    if let Ok(address) = node.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    let (host, port) = node.split_once(':')?;
    let v4: Ipv4Addr = host.parse().ok()?;
    is_port(port).then_some(IpAddr::V4(v4))
}

fn is_port(port: &str) -> bool {
    let is_hidden = |rest: &str| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    let is_number = (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    is_number || port.strip_prefix('_').is_some_and(is_hidden)
}

#[cfg(test)]
mod tests;
