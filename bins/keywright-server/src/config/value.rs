//! What can stand on the right of a key: how one value is read from text and how it is shown again.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde_json::{Value as Json, json};

/// Why a text is not a value: the end of a sentence that begins with the key. Never holds the text itself,
/// which may be a secret.
pub(super) type Reason = Cow<'static, str>;

/// One value, read from trimmed text that is not empty.
pub(super) trait Leaf: Sized {
    /// A text that fails to parse may hold a secret and is not repeated in the error.
    const SECRET: bool = false;

    /// What is taken, to follow the word "use".
    fn expected() -> Cow<'static, str>;

    fn parse(text: &str) -> Result<Self, Reason>;

    /// The canonical spelling, secrets masked.
    fn show(&self) -> Json;
}

/// `off` is none.
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
whole_number!(NonZeroU32, "a whole number from 1");

/// An enum whose variants are words.
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)+
        }

        impl $name {
            /// The word that the configuration has for it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl $crate::config::value::Leaf for $name {
            fn expected() -> ::std::borrow::Cow<'static, str> {
                concat!("one of", $(" `", $word, "`"),+).into()
            }

            fn parse(text: &str) -> Result<Self, $crate::config::value::Reason> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err("is not a known choice".into()),
                }
            }

            fn show(&self) -> ::serde_json::Value {
                self.as_str().into()
            }
        }
    };
}
pub(super) use choice;

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
        assert_eq!(shown::<NonZeroU32>("16"), Some(json!(16)));
        for bad in ["0", "-1", "1.5", "many", "4294967296"] {
            assert_eq!(shown::<NonZeroU32>(bad), None, "{bad}");
        }
    }

    #[test]
    fn text_is_one_line() {
        assert!(String::parse("a\nb").is_err());
        assert!(PathBuf::parse("a\0b").is_err());
    }
}
