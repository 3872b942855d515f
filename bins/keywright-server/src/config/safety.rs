//! Combinations of settings: mistakes, and probable mistakes.

use std::net::IpAddr;

use chrono::TimeDelta;
use keywright_adapters::smtp::SmtpSecurity;
use keywright_domain::signing_key::schedule::LEAD;
use keywright_domain::user::SignupPolicy;

use super::duration::format as text;
use super::error::{ConfigError, Finding};
use super::mail::MailUrl;
use super::secret_file;
use super::settings::Config;
use super::source::Source;

impl Config {
    /// `public_url` is plain `http` on exactly `localhost`, and the listener is a loopback address. Only then
    /// do the development inbox, the generated secret and the cookie without `Secure` exist.
    pub fn is_development(&self) -> bool {
        !self.public_url.is_https() && self.public_url.is_localhost() && self.listens_on_loopback()
    }

    fn listens_on_loopback(&self) -> bool {
        self.server.listen.ip().to_canonical().is_loopback()
    }

    /// Refuses combinations that are unsafe or cannot work.
    pub fn check(&self) -> Result<(), ConfigError> {
        if let Some(mistake) = self.public_url_mistake() {
            // The other rules depend on `public_url`.
            return Err(mistake.into());
        }
        let mut mistakes = self.passkey_mistakes();
        if !self.is_development() {
            mistakes.extend(self.production_mistakes());
        }
        ConfigError::check(mistakes)
    }

    fn finding(&self, key: &str, reason: impl Into<String>, remedy: impl Into<String>) -> Finding {
        Finding::new(key, &self.sources.of(key), reason, remedy)
    }

    fn public_url_mistake(&self) -> Option<Finding> {
        let public_url = &self.public_url;
        if public_url.is_https() || self.is_development() {
            return None;
        }
        if !public_url.is_localhost() {
            let reason = format!("is {public_url}, and plain http is for the host localhost only");
            let remedy = "use https://, or http://localhost in development";
            return Some(self.finding("public_url", reason, remedy));
        }
        let (listen, from) = (self.server.listen, self.sources.of("server.listen"));
        let reason =
            format!("is {public_url} while server.listen ({from}) is {listen}, which others can reach");
        let remedy =
            "set public_url to an https:// origin, or in development server.listen to a loopback address";
        Some(self.finding("public_url", reason, remedy))
    }

    fn production_mistakes(&self) -> Vec<Finding> {
        let mut mistakes = Vec::new();
        // A file whose existence cannot be checked is reported when it is read.
        if self.secret.is_none() && matches!(self.secret_file.try_exists(), Ok(false)) {
            mistakes.push(secret_file::missing(self));
        }
        if matches!(self.mail.url, MailUrl::Inbox) {
            let reason =
                format!("keeps mail in the development inbox, and public_url is {}", self.public_url);
            let remedy = "set it to a mail server, such as smtps://user:password@host";
            mistakes.push(self.finding("mail.url", reason, remedy));
        }
        mistakes
    }

    /// WebAuthn Level 3 §5.1.3: the `rp_id` is the domain of the page, or one above it.
    fn passkey_mistakes(&self) -> Vec<Finding> {
        let (rp_id, mut mistakes) = (self.webauthn.rp_id.as_str(), Vec::new());
        for origin in &self.webauthn.origins {
            let Some(host) = origin.domain() else {
                let reason =
                    format!("has {origin}, and passkeys belong to a domain name, never to an IP address");
                let remedy = "use a domain name, in public_url too";
                mistakes.push(self.finding("webauthn.origins", reason, remedy));
                continue;
            };
            if !origin.is_https() && !origin.is_localhost() {
                let reason = format!("has {origin}, and browsers keep passkeys from plain http");
                mistakes.push(self.finding("webauthn.origins", reason, "use https://, or http://localhost"));
            } else if !serves(rp_id, host) {
                let reason =
                    format!("is {rp_id}, which is neither the host of {origin} nor a domain above it");
                let remedy = format!("set it to {host} or a domain above that, or correct webauthn.origins");
                mistakes.push(self.finding("webauthn.rp_id", reason, remedy));
            }
        }
        if self.webauthn.origins.is_empty() {
            let reason = "is empty, so that no page could use a passkey";
            mistakes.push(self.finding("webauthn.origins", reason, "remove it, or name an origin"));
        }
        mistakes
    }

    /// Warnings about settings that are allowed and probably not meant.
    pub(super) fn warnings(&self) -> Vec<Finding> {
        let rules = self.surroundings().into_iter().chain(self.durations());
        rules
            .filter(|(holds, ..)| *holds)
            .map(|(_, key, reason, remedy)| self.finding(key, reason, remedy))
            .collect()
    }

    fn surroundings(&self) -> Vec<Rule> {
        let is_set = |key: &str| self.sources.of(key) != Source::Default;
        let listen = self.server.listen;
        let signs_up_by_domain = matches!(self.signup.policy, SignupPolicy::Domains(_));
        let in_the_clear = matches!(&self.mail.url, MailUrl::Smtp(server)
            if server.security == SmtpSecurity::Plain && server.login.is_some() && !is_loopback(&server.host));
        let ports_differ = listen.port() != 0 && listen.port() != self.public_url.port_or_default();
        vec![
            rule(
                self.is_development() && ports_differ && is_set("server.listen") && !is_set("public_url"),
                "public_url",
                "names another port than server.listen, so that links lead elsewhere",
                "set it too",
            ),
            rule(
                self.secret.is_some() && is_set("secret_file"),
                "secret_file",
                "is not read, because secret is set",
                "remove one of them",
            ),
            rule(
                in_the_clear,
                "mail.url",
                "sends its password in the clear",
                "use smtps:// or smtp+starttls://",
            ),
            rule(
                !self.is_development() && !is_set("mail.from"),
                "mail.from",
                "is an address that many mail servers refuse",
                "set it to one of your domain",
            ),
            rule(
                signs_up_by_domain && self.signup.domains.is_empty(),
                "signup.policy",
                "is `domains` and signup.domains is empty, so that nobody can sign up",
                "name some domains",
            ),
            rule(
                !signs_up_by_domain && !self.signup.domains.is_empty(),
                "signup.domains",
                "has no effect unless signup.policy is `domains`",
                "set that or remove it",
            ),
            rule(
                self.server.trusted_proxies.iter().any(|network| network.prefix_len() == 0),
                "server.trusted_proxies",
                "believes everybody about their address",
                "name your own proxies",
            ),
            rule(
                !self.is_development() && listen.ip().is_loopback() && !is_set("server.trusted_proxies"),
                "server.trusted_proxies",
                "is empty behind a proxy on this machine, so that all clients count as one address",
                "name the proxy",
            ),
            rule(
                !self.webauthn.origins.contains(&self.public_url),
                "webauthn.origins",
                "leaves out public_url, so that its pages cannot use passkeys",
                "add it",
            ),
        ]
    }

    fn durations(&self) -> Vec<Rule> {
        let Self { session, tokens, device, magic_link, .. } = self;
        let (retry, lost) = (session.retry_window.0, session.lost_response_window.0);
        let longer = |key, duration: TimeDelta, other_key, other: TimeDelta, effect: &str| {
            let reason = format!("is longer than {other_key} ({}), {effect}", text(other));
            rule(duration > other, key, reason, format!("shorten it, or lengthen {other_key}"))
        };
        let short_rotation = tokens.key_rotation < LEAD;
        vec![
            longer(
                "session.idle",
                session.idle,
                "session.absolute",
                session.absolute,
                "so that it never ends a session",
            ),
            longer(
                "session.fresh",
                session.fresh,
                "session.absolute",
                session.absolute,
                "so that every sign-in is fresh",
            ),
            longer(
                "session.retry_window",
                retry,
                "session.lost_response_window",
                lost,
                "so that the second window is over before the first",
            ),
            rule(
                retry.is_zero() && !lost.is_zero(),
                "session.retry_window",
                "is zero, so that of two processes that refresh at once one may lose its session",
                "set it to a few seconds, or set session.lost_response_window to 0s too",
            ),
            longer(
                "tokens.access_lifetime",
                tokens.access_lifetime,
                "session.absolute",
                session.absolute,
                "so that access tokens outlive their sessions",
            ),
            rule(
                short_rotation,
                "tokens.key_rotation",
                "counts as 10m: a key is published so long before it signs",
                "set it to 10m or more",
            ),
            rule(
                !short_rotation && tokens.key_rotation < tokens.access_lifetime,
                "tokens.key_rotation",
                format!(
                    "is shorter than tokens.access_lifetime ({}), so that many keys are valid at once",
                    text(tokens.access_lifetime)
                ),
                "lengthen it, or shorten tokens.access_lifetime",
            ),
            longer(
                "device.interval",
                device.interval,
                "device.lifetime",
                device.lifetime,
                "so that a code expires before its second poll",
            ),
            rule(
                magic_link.lifetime < TimeDelta::minutes(1),
                "magic_link.lifetime",
                "is shorter than mail often takes, so that links expire before they arrive",
                "set it to some minutes",
            ),
            rule(
                magic_link.lifetime > TimeDelta::days(1),
                "magic_link.lifetime",
                "is longer than a day, so that an old mail signs in whoever finds it",
                "set it to an hour or less",
            ),
        ]
    }
}

/// The condition, the key, the reason and the remedy of a warning.
type Rule = (bool, &'static str, String, String);

fn rule(holds: bool, key: &'static str, reason: impl Into<String>, remedy: impl Into<String>) -> Rule {
    (holds, key, reason.into(), remedy.into())
}

/// A single label such as `com` is above everybody's domains, and no browser takes it for one of its own.
fn serves(rp_id: &str, host: &str) -> bool {
    let above = || host.strip_suffix(rp_id).is_some_and(|rest| rest.ends_with('.'));
    host == rp_id || (rp_id.contains('.') && rp_id.parse::<IpAddr>().is_err() && above())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::super::tests::{
        DEVELOPMENT, PRODUCTION, SECRET, config, load, owned, refusal, value, warnings,
    };
    use super::*;

    #[test]
    fn development_is_http_on_localhost_behind_a_loopback_listener() {
        for (url, listen) in [
            ("http://localhost:8080", "127.0.0.1:8080"),
            ("http://localhost", "[::1]:80"),
            ("http://localhost:9999/", "127.1.2.3:0"),
            ("http://LOCALHOST:1", "[::ffff:127.0.0.1]:1"),
        ] {
            assert!(
                config(&[("KEYWRIGHT_PUBLIC_URL", url), ("KEYWRIGHT_SERVER__LISTEN", listen)])
                    .is_development()
            );
        }
        assert!(!config(PRODUCTION).is_development());
        assert!(
            !config(&[PRODUCTION, &[("KEYWRIGHT_PUBLIC_URL", "https://localhost")]].concat())
                .is_development()
        );
    }

    #[test]
    fn plain_http_on_another_host_is_refused() {
        for url in
            ["http://auth.example.com", "http://127.0.0.1:8080", "http://[::1]:8080", "http://app.localhost"]
        {
            for base in [DEVELOPMENT, PRODUCTION] {
                assert_eq!(
                    refusal(base, &[("KEYWRIGHT_PUBLIC_URL", url)]),
                    format!(
                        "public_url (environment variable KEYWRIGHT_PUBLIC_URL) is {url}, and plain http \
                         is for the host localhost only; use https://, or http://localhost in development"
                    )
                );
            }
        }
    }

    #[test]
    fn a_listener_that_others_can_reach_is_not_development() {
        for listen in ["0.0.0.0:8080", "[::]:8080", "192.168.1.5:8080"] {
            assert_eq!(
                refusal(DEVELOPMENT, &[("KEYWRIGHT_SERVER__LISTEN", listen)]),
                format!(
                    "public_url (default) is http://localhost:8080 while server.listen (environment variable \
                     KEYWRIGHT_SERVER__LISTEN) is {listen}, which others can reach; set public_url to an \
                     https:// origin, or in development server.listen to a loopback address"
                )
            );
            assert!(load(&[PRODUCTION, &[("KEYWRIGHT_SERVER__LISTEN", listen)]].concat()).is_ok());
        }
    }

    #[test]
    fn production_needs_a_secret_or_its_file() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("secret");
        let file = ("KEYWRIGHT_SECRET_FILE", path.to_str().unwrap());
        let mut settings = PRODUCTION.to_vec();
        settings.retain(|(name, _)| *name != "KEYWRIGHT_SECRET");

        let missing = refusal(&settings, &[file]);
        fs::write(&path, SECRET).unwrap();

        assert!(missing.contains(&format!("secret_file {}", path.display())), "{missing}");
        assert!(missing.contains("(environment variable KEYWRIGHT_SECRET_FILE) does not exist"), "{missing}");
        assert!(load(&[&settings, [file].as_slice()].concat()).is_ok());
    }

    #[test]
    fn production_needs_a_mail_server() {
        let mut settings = PRODUCTION.to_vec();
        settings.retain(|(name, _)| *name != "KEYWRIGHT_MAIL__URL");

        assert_eq!(
            refusal(&settings, &[]),
            "mail.url (default) keeps mail in the development inbox, and public_url is \
             https://auth.example.com; set it to a mail server, such as smtps://user:password@host"
        );
    }

    #[test]
    fn an_rp_id_is_the_host_of_its_origins_or_a_domain_above() {
        for (rp_id, origins) in [
            ("auth.example.com", "https://auth.example.com"),
            ("example.com", "https://auth.example.com, https://example.com:8443, https://a.b.example.com"),
            ("intranet", "https://intranet"),
            ("localhost", "http://localhost:3000, https://localhost"),
        ] {
            let settings = [("KEYWRIGHT_WEBAUTHN__RP_ID", rp_id), ("KEYWRIGHT_WEBAUTHN__ORIGINS", origins)];

            assert!(load(&[PRODUCTION, &settings].concat()).is_ok(), "{rp_id}");
        }
    }

    #[test]
    fn an_rp_id_that_cannot_serve_its_origins_is_refused() {
        for (rp_id, origins, reason) in [
            (
                "example.org",
                "https://auth.example.com",
                "is example.org, which is neither the host of https://auth.example.com",
            ),
            ("ple.com", "https://auth.example.com", "is ple.com, which is neither"),
            ("com", "https://auth.example.com", "is com, which is neither"),
            ("a.auth.example.com", "https://auth.example.com", "is a.auth.example.com, which is neither"),
            (
                "example.com",
                "https://example.com, https://example.org",
                "is example.com, which is neither the host of https://example.org",
            ),
            (
                "example.com",
                "http://example.com",
                "has http://example.com, and browsers keep passkeys from plain http",
            ),
            (
                "localhost",
                "http://app.localhost",
                "has http://app.localhost, and browsers keep passkeys from plain http",
            ),
            ("example.com", "https://10.0.0.1", "has https://10.0.0.1, and passkeys belong to a domain name"),
            (
                "example.com",
                "https://[fd00::1]",
                "has https://[fd00::1], and passkeys belong to a domain name",
            ),
            ("example.com", "", "is empty"),
            ("10.0.0.1", "https://auth.example.com", "is an IP address, not a domain name"),
            ("https://example.com", "https://auth.example.com", "is not a domain name"),
        ] {
            let settings = [("KEYWRIGHT_WEBAUTHN__RP_ID", rp_id), ("KEYWRIGHT_WEBAUTHN__ORIGINS", origins)];
            let sentence = refusal(PRODUCTION, &settings);

            assert!(sentence.starts_with("webauthn.") && sentence.contains(reason), "{sentence}");
            assert!(sentence.contains("(environment variable KEYWRIGHT_WEBAUTHN__"), "{sentence}");
        }
    }

    #[test]
    fn an_address_as_public_url_has_no_passkeys() {
        let address = ("KEYWRIGHT_PUBLIC_URL", "https://203.0.113.5");
        assert!(
            refusal(PRODUCTION, &[address]).contains("webauthn.origins (default) has https://203.0.113.5")
        );
        let origins = ("KEYWRIGHT_WEBAUTHN__ORIGINS", "https://auth.example.com");
        assert!(refusal(PRODUCTION, &[address, origins]).contains("webauthn.rp_id (default) is 203.0.113.5"));
    }

    #[test]
    fn what_is_unsafe_can_still_be_read_and_shown() {
        let loaded =
            Config::read(None, owned(&[("KEYWRIGHT_PUBLIC_URL", "http://auth.example.com")])).unwrap();

        assert_eq!(value(&loaded, "webauthn.rp_id"), "auth.example.com");
        assert!(loaded.config.check().is_err());
    }

    #[test]
    fn what_is_probably_not_meant_is_a_warning() {
        for (base, more, part) in [
            (
                DEVELOPMENT,
                ("KEYWRIGHT_SERVER__LISTEN", "127.0.0.1:9000"),
                "public_url (default) names another port",
            ),
            (
                PRODUCTION,
                ("KEYWRIGHT_SECRET_FILE", "/run/secret"),
                "secret_file (environment variable KEYWRIGHT_SECRET_FILE) is not read",
            ),
            (
                PRODUCTION,
                ("KEYWRIGHT_MAIL__URL", "smtp://a:b@mail.example.com"),
                "sends its password in the clear",
            ),
            (DEVELOPMENT, ("KEYWRIGHT_SIGNUP__POLICY", "domains"), "nobody can sign up"),
            (DEVELOPMENT, ("KEYWRIGHT_SIGNUP__DOMAINS", "example.com"), "has no effect"),
            (
                PRODUCTION,
                ("KEYWRIGHT_SERVER__TRUSTED_PROXIES", "10.0.0.1, ::/0"),
                "server.trusted_proxies (environment variable KEYWRIGHT_SERVER__TRUSTED_PROXIES) believes everybody",
            ),
            (DEVELOPMENT, ("KEYWRIGHT_TOKENS__KEY_ROTATION", "599s"), "counts as 10m"),
            (DEVELOPMENT, ("KEYWRIGHT_WEBAUTHN__ORIGINS", "http://localhost:3000"), "leaves out public_url"),
            (DEVELOPMENT, ("KEYWRIGHT_SESSION__IDLE", "181d"), "is longer than session.absolute (180d)"),
            (DEVELOPMENT, ("KEYWRIGHT_SESSION__FRESH", "181d"), "so that every sign-in is fresh"),
            (
                DEVELOPMENT,
                ("KEYWRIGHT_SESSION__RETRY_WINDOW", "2h"),
                "longer than session.lost_response_window (1h)",
            ),
            (
                DEVELOPMENT,
                ("KEYWRIGHT_SESSION__RETRY_WINDOW", "0s"),
                "session.lost_response_window to 0s too",
            ),
            (DEVELOPMENT, ("KEYWRIGHT_DEVICE__INTERVAL", "11m"), "is longer than device.lifetime (10m)"),
            (
                DEVELOPMENT,
                ("KEYWRIGHT_TOKENS__KEY_ROTATION", "3h"),
                "shorter than tokens.access_lifetime (4h)",
            ),
            (DEVELOPMENT, ("KEYWRIGHT_MAGIC_LINK__LIFETIME", "59s"), "expire before they arrive"),
            (DEVELOPMENT, ("KEYWRIGHT_MAGIC_LINK__LIFETIME", "25h"), "longer than a day"),
        ] {
            let warnings = warnings(base, &[more]);

            assert_eq!(warnings.len(), 1, "{more:?}: {warnings:?}");
            assert!(warnings[0].contains(part), "{warnings:?}");
        }
        let mut settings = PRODUCTION.to_vec();
        settings.retain(|(name, _)| *name != "KEYWRIGHT_MAIL__FROM");
        assert!(warnings(&settings, &[])[0].starts_with("mail.from (default) "));
        let mut settings = PRODUCTION.to_vec();
        settings.retain(|(name, _)| *name != "KEYWRIGHT_SERVER__TRUSTED_PROXIES");
        assert!(warnings(&settings, &[])[0].starts_with("server.trusted_proxies (default) is empty"));
        assert_eq!(warnings(&settings, &[("KEYWRIGHT_SERVER__LISTEN", "0.0.0.0:8080")]), [""; 0]);
        let short = [("KEYWRIGHT_TOKENS__KEY_ROTATION", "10m"), ("KEYWRIGHT_TOKENS__ACCESS_LIFETIME", "10m")];
        assert_eq!(warnings(DEVELOPMENT, &short), [""; 0]);
        let outliving =
            [("KEYWRIGHT_TOKENS__ACCESS_LIFETIME", "181d"), ("KEYWRIGHT_TOKENS__KEY_ROTATION", "365d")];
        assert!(
            warnings(DEVELOPMENT, &outliving)[0].contains("so that access tokens outlive their sessions")
        );
        let strict =
            [("KEYWRIGHT_SESSION__RETRY_WINDOW", "0s"), ("KEYWRIGHT_SESSION__LOST_RESPONSE_WINDOW", "0s")];
        assert_eq!(warnings(DEVELOPMENT, &strict), [""; 0]);
        for quiet in [
            ("KEYWRIGHT_SERVER__LISTEN", "127.0.0.1:0"),
            ("KEYWRIGHT_MAIL__URL", "smtp://a:b@localhost:1025"),
        ] {
            assert_eq!(warnings(DEVELOPMENT, &[quiet]), [""; 0]);
        }
        assert_eq!(warnings(PRODUCTION, &[]), [""; 0]);
    }
}
