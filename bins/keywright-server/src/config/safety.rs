//! Which values may not go together: what is allowed in development only, and passkeys that no browser
//! would take. And what may go together but is probably a mistake.

use std::net::IpAddr;

use keywright_domain::signing_key::schedule::LEAD;

use super::error::{ConfigError, Refusal};
use super::mail::{MailUrl, SmtpSecurity};
use super::secret_file;
use super::signup::SignupPolicy;
use super::source::{Source, Sources};
use super::{Config, Loaded};

impl Config {
    /// `public_url` is plain `http` on exactly `localhost`, and the listener is a loopback address. Only then
    /// do the development inbox, the generated secret and the cookie without `Secure` exist.
    pub fn is_development(&self) -> bool {
        !self.public_url.is_https() && self.public_url.is_localhost() && self.listens_on_loopback()
    }

    fn listens_on_loopback(&self) -> bool {
        self.server.listen.ip().to_canonical().is_loopback()
    }
}

impl Loaded {
    /// Refuses a combination that is unsafe; the first one that is found.
    pub fn check(&self) -> Result<(), ConfigError> {
        let Self { config, sources, .. } = self;
        if !config.is_development() {
            production(config, sources)?;
        }
        passkeys(config, sources)
    }
}

fn refused(sources: &Sources, key: &'static str, reason: impl Into<String>, remedy: &str) -> ConfigError {
    ConfigError::Unsafe(Box::new(Refusal::new(key, &sources.of(key), reason, remedy)))
}

fn production(config: &Config, sources: &Sources) -> Result<(), ConfigError> {
    let public_url = &config.public_url;
    if !public_url.is_https() && !public_url.is_localhost() {
        let reason = format!("is {public_url}, and plain http is for the host localhost only");
        return Err(refused(
            sources,
            "public_url",
            reason,
            "use https://, or http://localhost in development",
        ));
    }
    if !public_url.is_https() {
        let (listen, from) = (config.server.listen, sources.of("server.listen"));
        let reason =
            format!("is {public_url} while server.listen ({from}) is {listen}, which others can reach");
        let remedy =
            "set public_url to an https:// origin, or in development server.listen to a loopback address";
        return Err(refused(sources, "public_url", reason, remedy));
    }
    // A file that cannot be looked at is left to whoever reads it, and can say why.
    if config.secret.value.is_none() && matches!(config.secret.file.try_exists(), Ok(false)) {
        return Err(secret_file::missing(&config.secret));
    }
    if matches!(config.mail.url, MailUrl::Inbox) {
        let reason = format!("keeps mail in the development inbox, and public_url is {public_url}");
        return Err(refused(
            sources,
            "mail.url",
            reason,
            "set it to a mail server, such as smtps://user:password@host",
        ));
    }
    Ok(())
}

/// WebAuthn Level 3 §5.1.3: the `rp_id` is the domain of the page, or one above it.
fn passkeys(config: &Config, sources: &Sources) -> Result<(), ConfigError> {
    let rp_id = config.webauthn.rp_id.as_str();
    for origin in &config.webauthn.origins {
        let Some(host) = origin.domain() else {
            let reason =
                format!("has {origin}, and passkeys belong to a domain name, never to an IP address");
            return Err(refused(sources, "webauthn.origins", reason, "use a domain name, in public_url too"));
        };
        if !origin.is_https() && !origin.is_localhost() {
            let reason = format!("has {origin}, and browsers keep passkeys from plain http");
            return Err(refused(sources, "webauthn.origins", reason, "use https://, or http://localhost"));
        }
        if !serves(rp_id, host) {
            let reason = format!("is {rp_id}, which is neither the host of {origin} nor a domain above it");
            let remedy = format!("set it to {host} or a domain above that, or correct webauthn.origins");
            return Err(refused(sources, "webauthn.rp_id", reason, &remedy));
        }
    }
    if config.webauthn.origins.is_empty() {
        let reason = "is empty, so that no page could use a passkey";
        return Err(refused(sources, "webauthn.origins", reason, "remove it, or name an origin"));
    }
    Ok(())
}

/// A single label such as `com` is above everybody's domains, and no browser takes it for one of its own.
fn serves(rp_id: &str, host: &str) -> bool {
    let above = || host.strip_suffix(rp_id).is_some_and(|rest| rest.ends_with('.'));
    host == rp_id || (rp_id.contains('.') && rp_id.parse::<IpAddr>().is_err() && above())
}

/// What is allowed and probably not meant.
pub(super) fn advice(config: &Config, sources: &Sources) -> Vec<String> {
    let is_set = |key: &str| sources.of(key) != Source::Default;
    let says = |key: &str, text: &str| format!("{key} ({}) {text}", sources.of(key));
    let (listen, mail) = (config.server.listen, &config.mail);
    let policy = config.signup.policy;
    let in_the_clear = matches!(&mail.url, MailUrl::Smtp(server)
        if server.security == SmtpSecurity::Plain && server.login.is_some() && !is_loopback(&server.host));
    let own_page = config.webauthn.origins.contains(&config.public_url);
    let ports_differ = listen.port() != 0 && listen.port() != config.public_url.port_or_default();
    let is_loopback_peer = listen.ip().is_loopback();
    let rules = [
        (
            config.is_development() && ports_differ && is_set("server.listen") && !is_set("public_url"),
            says(
                "public_url",
                "names another port than server.listen, so that links lead elsewhere; set it too",
            ),
        ),
        (
            config.secret.value.is_some() && is_set("secret_file"),
            says("secret_file", "is not read, because secret is set; remove one of them"),
        ),
        (in_the_clear, says("mail.url", "sends its password in the clear; use smtps:// or smtp+starttls://")),
        (
            !config.is_development() && !is_set("mail.from"),
            says("mail.from", "is an address that many mail servers refuse; set it to one of your domain"),
        ),
        (
            policy == SignupPolicy::Domains && config.signup.domains.is_empty(),
            says(
                "signup.policy",
                "is `domains` and signup.domains is empty, so that nobody can sign up; name some",
            ),
        ),
        (
            policy != SignupPolicy::Domains && !config.signup.domains.is_empty(),
            says("signup.domains", "has no effect unless signup.policy is `domains`; set that or remove it"),
        ),
        (
            config.server.trusted_proxies.iter().any(|network| network.prefix_len() == 0),
            says("server.trusted_proxies", "believes everybody about their address; name your own proxies"),
        ),
        (
            !config.is_development() && is_loopback_peer && !is_set("server.trusted_proxies"),
            says(
                "server.trusted_proxies",
                "is empty behind a proxy on this machine, so that all clients count as one address; name it",
            ),
        ),
        (
            config.tokens.key_rotation < LEAD.to_std().unwrap_or_default(),
            says("tokens.key_rotation", "counts as 10m: a key is published so long before it signs"),
        ),
        (
            !own_page,
            says("webauthn.origins", "leaves out public_url, so that its pages cannot use passkeys; add it"),
        ),
    ];
    rules.into_iter().filter(|(holds, _)| *holds).map(|(_, sentence)| sentence).collect()
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
        assert!(loaded.check().is_err());
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
        for quiet in [
            ("KEYWRIGHT_TOKENS__KEY_ROTATION", "10m"),
            ("KEYWRIGHT_SERVER__LISTEN", "127.0.0.1:0"),
            ("KEYWRIGHT_MAIL__URL", "smtp://a:b@localhost:1025"),
        ] {
            assert_eq!(warnings(DEVELOPMENT, &[quiet]), [""; 0]);
        }
        assert_eq!(warnings(PRODUCTION, &[]), [""; 0]);
    }
}
