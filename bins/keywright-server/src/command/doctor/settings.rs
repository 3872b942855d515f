//! Checks of the configuration alone, without a connection.

use super::folder::to_be_made;
use super::{Check, State};
use crate::config::{Config, Loaded};

/// Reasons why a server would not start, probable mistakes, and passed checks.
pub(super) fn check(loaded: &Loaded) -> Vec<Check> {
    let mistakes = loaded.config.check().err().map(|error| error.0).unwrap_or_default();
    let mut checks: Vec<Check> =
        mistakes.iter().map(|mistake| Check::from_finding(State::Fail, mistake)).collect();
    checks.extend(loaded.warnings.iter().map(|warning| Check::from_finding(State::Warn, warning)));
    for well in [public_url(&loaded.config), proxies(&loaded.config), secret(&loaded.config)] {
        // The configuration has said already what is wrong with it.
        if !checks.iter().any(|check| check.name == well.name) {
            checks.push(well);
        }
    }
    checks
}

fn public_url(config: &Config) -> Check {
    let url = &config.public_url;
    let message = if config.is_development() {
        format!("{url}, for development on this machine")
    } else {
        format!("{url}")
    };
    Check::ok("public_url", message)
}

/// This server speaks no TLS, so whoever is reached by https has a proxy before it.
fn proxies(config: &Config) -> Check {
    const NAME: &str = "server.trusted_proxies";
    let trusted = &config.server.trusted_proxies;
    match (config.public_url.is_https(), trusted.is_empty()) {
        (true, true) => Check::warn(
            NAME,
            format!("none, and https at {} is a proxy's: all clients count as the proxy", config.public_url),
            "name the proxy's address or network, so that limits and activity see who asks",
        ),
        (false, true) => Check::ok(NAME, "none, and no proxy is needed"),
        (false, false) => Check::warn(
            NAME,
            format!("{} trusted, and {} is reached without a proxy", trusted.len(), config.public_url),
            "remove it, unless there is a proxy on this machine",
        ),
        (true, false) => {
            let names: Vec<_> = trusted.iter().map(ToString::to_string).collect();
            let header = config.server.forwarded_header.name();
            Check::ok(NAME, format!("{} may say in {header} who asks", names.join(", ")))
        }
    }
}

fn secret(config: &Config) -> Check {
    const NAME: &str = "secret_file";
    if config.secret.is_some() {
        return Check::ok("secret", "is set");
    }
    let file = config.secret_file.display();
    match config.load_secret() {
        Ok(None) => to_be_made(NAME, &config.secret_file),
        Err(error) => match error.0.first() {
            Some(mistake) => Check::from_finding(State::Fail, mistake),
            None => Check::ok(NAME, format!("{file} can be read")),
        },
        Ok(Some(loaded)) => match loaded.warnings.first() {
            Some(warning) => Check::from_finding(State::Warn, warning),
            None => Check::ok(NAME, format!("{file} holds the secret, for this user alone")),
        },
    }
}
