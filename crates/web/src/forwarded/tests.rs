use actix_web::http::header::HeaderValue;
use proptest::prelude::*;

use super::*;

/// The nearest proxy, and one before it.
const NEAR: &str = "10.0.0.1";
const FAR: &str = "10.9.9.9";

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn proxies(header: ForwardedHeader) -> TrustedProxies {
    let networks = ["10.0.0.0/8", "2001:db8:ffff::/48"].map(|network| network.parse().unwrap()).to_vec();
    TrustedProxies { networks, header }
}

fn headers(name: &HeaderName, lines: &[&[u8]]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(name.clone(), HeaderValue::from_bytes(line).unwrap());
    }
    headers
}

/// Whom `header` names to a server that `peer` connects to.
fn client(header: ForwardedHeader, peer: &str, lines: &[&str]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
    proxies(header).client(ip(peer), &headers(&header.name(), &lines)).to_string()
}

#[test]
fn the_customary_header_is_walked_from_the_right() {
    for (lines, expected) in [
        // Nobody says anything: the proxy itself asks.
        (&[][..], NEAR),
        (&["", " , ,"], NEAR),
        // One proxy; the entries that a client has written before do not count.
        (&["192.0.2.1"], "192.0.2.1"),
        (&["6.6.6.6, 192.0.2.1"], "192.0.2.1"),
        (&["10.0.0.7, 192.0.2.1"], "192.0.2.1"),
        (&["garbage\", 192.0.2.1"], "192.0.2.1"),
        // Several proxies, several lines.
        (&["6.6.6.6, 192.0.2.1, 10.9.9.9"], "192.0.2.1"),
        (&["6.6.6.6", "192.0.2.1", "10.9.9.9, 10.0.0.3"], "192.0.2.1"),
        (&["6.6.6.6,192.0.2.1", "", "10.9.9.9,"], "192.0.2.1"),
        // Everybody is trusted: the leftmost asks.
        (&["10.9.9.9, 10.0.0.3"], FAR),
        // Ports, brackets, IPv4-mapped addresses.
        (&["192.0.2.1:4711"], "192.0.2.1"),
        (&["2001:db8::1"], "2001:db8::1"),
        (&["[2001:db8::1]"], "2001:db8::1"),
        (&["[2001:DB8::1]:4711"], "2001:db8::1"),
        (&["::ffff:192.0.2.1"], "192.0.2.1"),
        (&["[::ffff:192.0.2.1]:80, [::ffff:10.9.9.9]:80"], "192.0.2.1"),
        (&["192.0.2.1, 2001:db8:ffff::7"], "192.0.2.1"),
        // What names nobody ends the walk at the last trusted hop.
        (&["192.0.2.1, unknown"], NEAR),
        (&["192.0.2.1, unknown, 10.9.9.9"], FAR),
        (&["192.0.2.1, _hidden, 10.9.9.9"], FAR),
        (&["192.0.2.1, 10.9.9.9:, 10.9.9.9"], FAR),
        (&["192.0.2.1, 10.0.0.256, 10.9.9.9"], FAR),
        (&["192.0.2.1, [10.0.0.1], 10.9.9.9"], FAR),
        (&["192.0.2.1, [2001:db8::1, 10.9.9.9"], FAR),
        (&["192.0.2.1, [2001:db8::1]x, 10.9.9.9"], FAR),
        (&["192.0.2.1, fe80::1%eth0, 10.9.9.9"], FAR),
        (&["192.0.2.1, 192.0.2.2 192.0.2.3, 10.9.9.9"], FAR),
        (&["192.0.2.1, 010.0.0.1, 10.9.9.9"], FAR),
        (&["192.0.2.1, for=192.0.2.2, 10.9.9.9"], FAR),
    ] {
        assert_eq!(client(ForwardedHeader::XForwardedFor, NEAR, lines), expected, "{lines:?}");
    }
}

#[test]
fn the_standard_header_is_walked_from_the_right() {
    for (lines, expected) in [
        (&[][..], NEAR),
        (&["for=192.0.2.1"], "192.0.2.1"),
        (&["For=192.0.2.1;proto=https;by=10.0.0.1"], "192.0.2.1"),
        (&["proto=http ; for=192.0.2.1 ;host=\"a, b; for=6.6.6.6\""], "192.0.2.1"),
        (&["for=\"192.0.2.1:4711\""], "192.0.2.1"),
        (&["for=\"192.0.2.1:_a-port\""], "192.0.2.1"),
        (&["for=\"[2001:db8:cafe::17]:4711\""], "2001:db8:cafe::17"),
        (&["for=\"\\[2001:db8::1\\]\""], "2001:db8::1"),
        (&["for=\"[::ffff:192.0.2.1]\""], "192.0.2.1"),
        (&["for=6.6.6.6, for=192.0.2.1, for=10.9.9.9"], "192.0.2.1"),
        (&["for=6.6.6.6", "for=192.0.2.1", "for=\"[2001:db8:ffff::1]\",for=10.9.9.9"], "192.0.2.1"),
        (&["for=10.9.9.9"], FAR),
        // No quote that a client has left open, or an escape, reaches what a proxy wrote after it.
        (&["for=\", for=192.0.2.1"], "192.0.2.1"),
        (&["for=6.6.6.6;x=\", for=\"[2001:db8::1]\""], "2001:db8::1"),
        (&["for=\"\\, for=192.0.2.1"], "192.0.2.1"),
        (&["for=\"6.6.6.6", "for=192.0.2.1"], "192.0.2.1"),
        // What names nobody.
        (&["for=192.0.2.1, for=unknown, for=10.9.9.9"], FAR),
        (&["for=192.0.2.1, for=_hidden, for=10.9.9.9"], FAR),
        (&["for=192.0.2.1, for=\"_SEVKISEK\", for=10.9.9.9"], FAR),
        (&["for=192.0.2.1, proto=https, for=10.9.9.9"], FAR),
        (&["for=192.0.2.1, for=192.0.2.2;for=192.0.2.3, for=10.9.9.9"], FAR),
        (&["for=192.0.2.1, 192.0.2.2, for=10.9.9.9"], FAR),
        (&["for=192.0.2.1, for=, for=10.9.9.9"], FAR),
        (&["for=192.0.2.1, for=\"192.0.2.2\"x, for=10.9.9.9"], FAR),
        (&["for=192.0.2.1, for=\"19\"2.0.2.2\", for=10.9.9.9"], FAR),
    ] {
        assert_eq!(client(ForwardedHeader::Forwarded, NEAR, lines), expected, "{lines:?}");
    }
}

#[test]
fn a_peer_that_is_not_trusted_is_the_client_whatever_it_says() {
    for peer in ["192.0.2.9", "::1", "11.0.0.0", "2001:db8:fffe::1"] {
        assert_eq!(client(ForwardedHeader::XForwardedFor, peer, &["6.6.6.6"]), peer);
        assert_eq!(client(ForwardedHeader::Forwarded, peer, &["for=6.6.6.6"]), peer);
    }
    let nobody = TrustedProxies::default();
    let spoofed = headers(&X_FORWARDED_FOR, &[b"6.6.6.6"]);
    assert_eq!(nobody.client(ip(NEAR), &spoofed), ip(NEAR));
}

#[test]
fn an_ipv4_mapped_peer_is_ipv4() {
    assert_eq!(client(ForwardedHeader::XForwardedFor, "::ffff:10.0.0.1", &["192.0.2.1"]), "192.0.2.1");
    assert_eq!(client(ForwardedHeader::XForwardedFor, "::ffff:192.0.2.9", &["6.6.6.6"]), "192.0.2.9");
}

#[test]
fn the_other_header_is_ignored() {
    let mut both = headers(&FORWARDED, &[b"for=192.0.2.1"]);
    both.append(X_FORWARDED_FOR, HeaderValue::from_static("192.0.2.2"));

    assert_eq!(proxies(ForwardedHeader::Forwarded).client(ip(NEAR), &both), ip("192.0.2.1"));
    assert_eq!(proxies(ForwardedHeader::XForwardedFor).client(ip(NEAR), &both), ip("192.0.2.2"));
    both.remove(X_FORWARDED_FOR);
    assert_eq!(proxies(ForwardedHeader::XForwardedFor).client(ip(NEAR), &both), ip(NEAR));
}

#[test]
fn what_is_no_text_names_nobody_and_what_is_endless_is_not_read_to_its_end() {
    let binary = headers(&X_FORWARDED_FOR, &[b"192.0.2.1", b"192.0.2.2, \xff\xfe", b"10.9.9.9"]);
    assert_eq!(proxies(ForwardedHeader::XForwardedFor).client(ip(NEAR), &binary), ip(FAR));

    let endless = format!("192.0.2.1, {}", "10.9.9.9, ".repeat(6_500));
    assert_eq!(client(ForwardedHeader::XForwardedFor, NEAR, &[&endless]), FAR);
    for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
        for unit in ["\"", "\\", "\\\"", "for=\"", ",", ";", "x", "="] {
            client(header, NEAR, &[&unit.repeat(65_536 / unit.len())]);
        }
    }
}

fn address_text() -> impl Strategy<Value = (IpAddr, String)> {
    let v4 = any::<[u8; 4]>().prop_map(IpAddr::from);
    let v6 = any::<[u8; 16]>().prop_map(IpAddr::from);
    (prop_oneof![v4, v6], proptest::option::of(any::<u16>())).prop_map(|(ip, port)| {
        let text = match (ip, port) {
            (IpAddr::V4(v4), Some(port)) => format!("{v4}:{port}"),
            (IpAddr::V6(v6), Some(port)) => format!("[{v6}]:{port}"),
            (ip, None) => ip.to_string(),
        };
        (ip.to_canonical(), text)
    })
}

proptest! {
    #[test]
    fn what_the_nearest_proxy_wrote_is_what_counts(garbage in "[ -~]{0,80}", (named, text) in address_text()) {
        let quoted = format!("{garbage}, for=\"{text}\"");
        let plain = format!("{garbage}, {text}");
        let expected = if proxies(ForwardedHeader::Forwarded).trusts(named) { None } else { Some(named) };
        prop_assume!(expected.is_some());

        prop_assert_eq!(client(ForwardedHeader::XForwardedFor, NEAR, &[&plain]), named.to_string());
        prop_assert_eq!(client(ForwardedHeader::Forwarded, NEAR, &[&quoted]), named.to_string());
        prop_assert_eq!(client(ForwardedHeader::Forwarded, NEAR, &[&garbage, &quoted]), named.to_string());
    }

    #[test]
    fn nothing_panics_and_a_stranger_is_never_believed(lines in proptest::collection::vec("[\t -~]{0,120}", 0..4)) {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        for header in [ForwardedHeader::XForwardedFor, ForwardedHeader::Forwarded] {
            client(header, NEAR, &lines);
            prop_assert_eq!(client(header, "192.0.2.9", &lines), "192.0.2.9");
        }
    }
}
