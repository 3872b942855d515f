//! Values of settings: reading one from text, and showing it again.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use keywright_domain::signing_key::Algorithm;
use keywright_domain::user::SignupPolicy;
use keywright_web::forwarded::ForwardedHeader;
use serde_json::{Value as Json, json};
use toml::{Table, Value};
use tracing::Level;

use super::error::Finding;
use super::source::Source;

/// The end of a sentence that begins with the key and says why a text is refused. Never holds the text itself, which
/// may be a secret.
pub(super) type Reason = Cow<'static, str>;

/// One value, read from trimmed text that is not empty.
pub(super) trait Leaf: Sized {
    /// A text that fails to parse may hold a secret and is not repeated in the error.
    const SECRET: bool = false;

    /// Description of valid values, to follow the word "use".
    fn expected() -> Cow<'static, str>;

    fn parse(text: &str) -> Result<Self, Reason>;

    /// The canonical spelling, secrets masked.
    fn show(&self) -> Json;

    /// Reads the value of `key`, and finds every mistake in it.
    fn read(key: &str, raw: &Value, from: &Source) -> Result<Self, Vec<Finding>> {
        parse(key, raw, from).map_err(|finding| vec![finding])
    }
}

/// An array in the file; elsewhere an array in TOML or JSON, or values with commas between.
impl<T: Leaf> Leaf for Vec<T> {
    const SECRET: bool = T::SECRET;

    fn expected() -> Cow<'static, str> {
        format!("an array of {}", T::expected()).into()
    }

    fn parse(_: &str) -> Result<Self, Reason> {
        Err("is not an array".into())
    }

    fn show(&self) -> Json {
        self.iter().map(T::show).collect()
    }

    fn read(key: &str, raw: &Value, from: &Source) -> Result<Self, Vec<Finding>> {
        let items = match (raw, from) {
            (Value::Array(items), _) => Some(items.clone()),
            (Value::String(text), Source::Environment(_) | Source::Default) => {
                array(text).or_else(|| commas(text))
            }
            _ => None,
        };
        let items = items.ok_or_else(|| {
            vec![Finding::new(key, from, "is not an array", format!("use {}", Self::expected()))]
        })?;
        collect(items.iter().map(|item| T::read(key, item, from)))
    }
}

/// All values, or all findings.
pub(super) fn collect<T>(
    results: impl Iterator<Item = Result<T, Vec<Finding>>>,
) -> Result<Vec<T>, Vec<Finding>> {
    let (mut values, mut findings) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(more) => findings.extend(more),
        }
    }
    if findings.is_empty() { Ok(values) } else { Err(findings) }
}

/// The items of an array in JSON or TOML. `None` if the text is no array.
pub(super) fn array(text: &str) -> Option<Vec<Value>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Vec::new());
    }
    if !text.starts_with('[') {
        return None;
    }
    let toml = || {
        let mut table: Table = toml::from_str(&format!("items = {text}")).ok()?;
        table.remove("items")?.try_into().ok()
    };
    serde_json::from_str(text).ok().or_else(toml)
}

fn commas(text: &str) -> Option<Vec<Value>> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    (!text.trim_start().starts_with('[')).then(|| items.map(|item| Value::String(item.to_owned())).collect())
}

/// Reads one value.
pub(super) fn parse<T: Leaf>(key: &str, raw: &Value, from: &Source) -> Result<T, Finding> {
    let bad = |text: &str, reason: Reason| {
        let finding = Finding::new(key, from, reason, format!("use {}", T::expected()));
        match quotable::<T>(text) {
            Some(text) => finding.with_detail(format_args!("= \"{text}\"")),
            None => finding,
        }
    };
    let text = match raw {
        Value::String(text) => text.trim().to_owned(),
        Value::Integer(number) => number.to_string(),
        other => return Err(bad("", format!("is of the type {}", other.type_str()).into())),
    };
    if text.is_empty() {
        Err(bad("", "is empty".into()))
    } else {
        T::parse(&text).map_err(|reason| bad(&text, reason))
    }
}

/// The text, if it is short and cannot be a secret: an `@` may follow a password, whatever the key.
fn quotable<T: Leaf>(text: &str) -> Option<&str> {
    let plain =
        !T::SECRET && (1..=80).contains(&text.len()) && !text.contains(|c: char| c == '@' || c.is_control());
    plain.then_some(text)
}

/// `off` is `None`.
impl<T: Leaf> Leaf for Option<T> {
    const SECRET: bool = T::SECRET;

    fn expected() -> Cow<'static, str> {
        format!("{}, or `off`", T::expected()).into()
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        if text.eq_ignore_ascii_case("off") { Ok(None) } else { T::parse(text).map(Some) }
    }

    fn show(&self) -> Json {
        self.as_ref().map_or_else(|| json!("off"), T::show)
    }
}

impl Leaf for String {
    fn expected() -> Cow<'static, str> {
        "one line of text".into()
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        if text.chars().any(char::is_control) {
            Err("has control characters".into())
        } else {
            Ok(text.to_owned())
        }
    }

    fn show(&self) -> Json {
        json!(self)
    }
}

impl Leaf for PathBuf {
    fn expected() -> Cow<'static, str> {
        "the path of a file".into()
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        if text.contains('\0') { Err("has a NUL character".into()) } else { Ok(text.into()) }
    }

    fn show(&self) -> Json {
        json!(self.display().to_string())
    }
}

impl Leaf for SocketAddr {
    fn expected() -> Cow<'static, str> {
        "an IP address and a port, such as `127.0.0.1:8080` or `[::1]:8080`".into()
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        text.parse().map_err(|_| "is not a listen address".into())
    }

    fn show(&self) -> Json {
        json!(self.to_string())
    }
}

/// An address alone is a network of one; host bits of a longer one are cleared.
impl Leaf for IpNet {
    fn expected() -> Cow<'static, str> {
        "IP addresses and networks, such as `10.0.0.1`, `10.0.0.0/8` or `fd00::/8`".into()
    }

    fn parse(text: &str) -> Result<Self, Reason> {
        let network: IpNet = text
            .parse()
            .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| "is neither an IP address nor a network")?;
        Ok(canonical(network.trunc()))
    }

    fn show(&self) -> Json {
        json!(self.to_string())
    }
}

/// Peers are compared as IPv4 when they are IPv4-mapped, so such a network must be IPv4 too.
fn canonical(network: IpNet) -> IpNet {
    let mapped = |v6: Ipv6Net| {
        let length = v6.prefix_len().checked_sub(96)?;
        Ipv4Net::new(v6.addr().to_ipv4_mapped()?, length).ok()
    };
    match network {
        IpNet::V6(v6) => mapped(v6).map_or(network, IpNet::V4),
        IpNet::V4(_) => network,
    }
}

macro_rules! whole_number {
    ($type:ty, $expected:literal) => {
        impl Leaf for $type {
            fn expected() -> Cow<'static, str> {
                $expected.into()
            }

            fn parse(text: &str) -> Result<Self, Reason> {
                text.parse().map_err(|_| concat!("is not ", $expected).into())
            }

            fn show(&self) -> Json {
                json!(self)
            }
        }
    };
}
whole_number!(usize, "a whole number from 0");
whole_number!(NonZeroUsize, "a whole number from 1");

/// Implements [`Leaf`] for a type whose values are words.
macro_rules! words {
    ($type:ty: $($value:expr => $word:literal),+ $(,)?) => {
        impl Leaf for $type {
            fn expected() -> Cow<'static, str> {
                concat!("one of", $(" `", $word, "`"),+).into()
            }

            fn parse(text: &str) -> Result<Self, Reason> {
                let values = [$(($word, $value)),+];
                let found = values.into_iter().find_map(|(word, value)| (word == text).then_some(value));
                found.ok_or_else(|| "is not a known choice".into())
            }

            fn show(&self) -> Json {
                let values = [$(($word, $value)),+];
                values.iter().find_map(|(word, value)| (value == self).then_some(*word)).into()
            }
        }
    };
}
words!(Algorithm: Self::EdDsa => "EdDSA", Self::Es256 => "ES256", Self::Rs256 => "RS256");
words!(ForwardedHeader: Self::XForwardedFor => "x-forwarded-for", Self::Forwarded => "forwarded");
words!(LogFormat: Self::Pretty => "pretty", Self::Json => "json");
// The domains are a setting of their own.
words!(SignupPolicy: Self::Open => "open", Self::Domains(Vec::new()) => "domains", Self::Closed => "closed");
words!(Level:
    Self::ERROR => "error", Self::WARN => "warn", Self::INFO => "info", Self::DEBUG => "debug", Self::TRACE => "trace",
);

/// The shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For machines: one object a line.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<T: Leaf>(text: &str) -> Option<Json> {
        T::parse(text).ok().map(|value| value.show())
    }

    #[test]
    fn off_is_taken_where_a_value_may_be_none() {
        assert_eq!(Option::<SocketAddr>::parse("off"), Ok(None));
        assert_eq!(shown::<Option<SocketAddr>>("OFF"), Some(json!("off")));
        assert_eq!(shown::<Option<SocketAddr>>("[::1]:0"), Some(json!("[::1]:0")));
        assert!(SocketAddr::parse("off").is_err());
        assert!(Option::<SocketAddr>::expected().ends_with("or `off`"));
    }

    #[test]
    fn listen_addresses_have_an_ip_address_and_a_port() {
        for bad in ["localhost:8080", "127.0.0.1", ":8080", "8080", "127.0.0.1:99999"] {
            assert!(SocketAddr::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_a_network_of_one_and_host_bits_are_cleared() {
        assert_eq!(shown::<IpNet>("10.0.0.1"), Some(json!("10.0.0.1/32")));
        assert_eq!(shown::<IpNet>("10.1.2.3/8"), Some(json!("10.0.0.0/8")));
        assert_eq!(shown::<IpNet>("fd00::1/8"), Some(json!("fd00::/8")));
        assert_eq!(shown::<IpNet>("10.0.0.0/33"), None);
        assert_eq!(shown::<IpNet>("example.com"), None);
    }

    #[test]
    fn an_ipv4_mapped_network_is_ipv4() {
        assert_eq!(shown::<IpNet>("::ffff:10.0.0.1"), Some(json!("10.0.0.1/32")));
        assert_eq!(shown::<IpNet>("::ffff:10.0.0.0/104"), Some(json!("10.0.0.0/8")));
        assert_eq!(shown::<IpNet>("::/0"), Some(json!("::/0")));
    }

    #[test]
    fn numbers_are_whole_and_in_range() {
        assert_eq!(shown::<usize>("0"), Some(json!(0)));
        assert_eq!(shown::<NonZeroUsize>("16"), Some(json!(16)));
        for bad in ["0", "-1", "1.5", "many", "18446744073709551616"] {
            assert_eq!(shown::<NonZeroUsize>(bad), None, "{bad}");
        }
    }

    #[test]
    fn text_is_one_line() {
        assert!(String::parse("a\nb").is_err());
        assert!(PathBuf::parse("a\0b").is_err());
    }
}
