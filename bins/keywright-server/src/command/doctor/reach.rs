//! Whom the server has to reach, and where it is reached.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use keywright_domain::mail::port::DeliveryError;

use super::Check;
use crate::config::{Config, MailUrl};
use crate::wiring;

/// Time limit for connecting to an address, and the number of addresses to try.
const CONNECT: Duration = Duration::from_secs(3);
const ADDRESSES: usize = 3;

/// Checks that mail can be sent: up to the login, without sending any.
pub(super) async fn mail(config: &Config) -> Check {
    const NAME: &str = "mail.url";
    let MailUrl::Smtp(server) = &config.mail.url else {
        return Check::ok(NAME, "keeps mail in the development inbox");
    };
    let place = format!("{}:{}", server.host, server.port);
    let mailer = match wiring::smtp(server, config) {
        Ok(mailer) => mailer,
        Err(error) => {
            return Check::fail(NAME, format!("{error:#}"), "correct mail.url, mail.from or mail.ca_file");
        }
    };
    match mailer.probe().await {
        Ok(()) if server.login.is_some() => Check::ok(NAME, format!("{place} answers, and takes the login")),
        Ok(()) => Check::ok(NAME, format!("{place} answers")),
        Err(DeliveryError::Deferred(why) | DeliveryError::Rejected(why)) => Check::fail(
            NAME,
            format!("{place}: {why}"),
            "see whether scheme, host, port and login are right, and whether a firewall is between",
        ),
    }
}

/// Checks that `public_url` answers; in development that is this server, which need not be running.
pub(super) async fn public_url(config: &Config) -> Option<Check> {
    const NAME: &str = "public_url";
    if config.is_development() {
        return None;
    }
    let url = &config.public_url;
    let (host, port) = (url.host(), url.port_or_default());
    let place = (host.trim_matches(['[', ']']).to_owned(), port);
    let looking = tokio::task::spawn_blocking(move || {
        let addresses = place.to_socket_addrs()?.take(ADDRESSES);
        let mut outcome = Err(std::io::Error::other("the name has no address"));
        for address in addresses {
            outcome = TcpStream::connect_timeout(&address, CONNECT).map(drop);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    });
    let why = match looking.await {
        Ok(Ok(())) => return Some(Check::ok(NAME, format!("something answers at {url}"))),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    Some(Check::warn(
        NAME,
        format!("nothing answers at {url} when this machine asks: {why}"),
        "see whether the name leads to the proxy, and the proxy to server.listen; ignore it if only others can reach it",
    ))
}
