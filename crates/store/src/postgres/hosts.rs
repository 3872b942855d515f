//! The hosts that a database may be at.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_postgres::Config;
use tokio_postgres::config::{Host, TargetSessionAttrs};

use super::error::OpenError;

/// The hosts of a URL, and which of them is asked first: the one that served last.
pub(super) struct Hosts {
    each: Vec<Config>,
    first: AtomicUsize,
}

impl Hosts {
    /// Those that `config` names, each with all else that it says. Only what can be written to is connected to: a
    /// standby that is reached by mistake, under whatever name, would answer with what was true once.
    pub(super) fn of(config: &Config) -> Result<Self, OpenError> {
        let (named, addressed) = (config.get_hosts().len(), config.get_hostaddrs().len());
        let count = named.max(addressed);
        let fits = |number: usize| number == 0 || number == count;
        if count == 0
            || !fits(named)
            || !fits(addressed)
            || !(config.get_ports().len() <= 1 || fits(config.get_ports().len()))
        {
            return Err(OpenError::Hosts);
        }
        let each = (0..count).map(|number| alone(config, number)).collect();
        Ok(Self { each, first: AtomicUsize::new(0) })
    }

    /// Number of hosts, at least one.
    pub(super) fn count(&self) -> usize {
        self.each.len()
    }

    /// Each with its number, the one to be asked first before the others.
    pub(super) fn in_order(&self) -> impl Iterator<Item = (usize, &Config)> {
        let first = self.first.load(Ordering::Relaxed);
        self.each.iter().enumerate().cycle().skip(first).take(self.each.len())
    }

    /// This one is asked first from now on.
    pub(super) fn serves(&self, number: usize) {
        self.first.store(number, Ordering::Relaxed);
    }

    /// This one is not asked first any more, if it was.
    pub(super) fn fails(&self, number: usize) {
        let next = (number + 1) % self.each.len();
        let _ = self.first.compare_exchange(number, next, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// `config` with one of its hosts. There is no way to take a host out of one.
fn alone(config: &Config, number: usize) -> Config {
    let mut alone = Config::new();
    match config.get_hosts().get(number) {
        Some(Host::Tcp(name)) => {
            alone.host(name);
        }
        Some(Host::Unix(path)) => {
            alone.host_path(path);
        }
        None => {}
    }
    if let Some(address) = config.get_hostaddrs().get(number) {
        alone.hostaddr(*address);
    }
    if let Some(port) = config.get_ports().get(number).or(config.get_ports().first()) {
        alone.port(*port);
    }
    if let Some(user) = config.get_user() {
        alone.user(user);
    }
    if let Some(password) = config.get_password() {
        alone.password(password);
    }
    if let Some(name) = config.get_dbname() {
        alone.dbname(name);
    }
    if let Some(options) = config.get_options() {
        alone.options(options);
    }
    alone
        .ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .channel_binding(config.get_channel_binding())
        .target_session_attrs(TargetSessionAttrs::ReadWrite);
    alone
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Result<Hosts, OpenError> {
        Hosts::of(&url.parse().unwrap())
    }

    fn order(hosts: &Hosts) -> Vec<usize> {
        hosts.in_order().map(|(number, _)| number).collect()
    }

    #[test]
    fn each_host_keeps_what_the_url_says_of_it() {
        let hosts = of("postgres://ada:s3cret@one:1,two:2/kw?sslmode=require&options=-c%20a%3Db").unwrap();

        let (_, second) = hosts.in_order().nth(1).unwrap();
        assert_eq!(second.get_hosts(), [Host::Tcp("two".to_owned())]);
        assert_eq!(second.get_ports(), [2]);
        assert_eq!((second.get_user(), second.get_password()), (Some("ada"), Some(b"s3cret".as_slice())));
        assert_eq!((second.get_dbname(), second.get_options()), (Some("kw"), Some("-c a=b")));
        assert_eq!(second.get_ssl_mode(), tokio_postgres::config::SslMode::Require);
        assert_eq!(second.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
    }

    #[test]
    fn one_port_is_that_of_every_host() {
        let hosts = of("postgres:///kw?host=one,two&port=7").unwrap();

        assert!(hosts.in_order().all(|(_, host)| host.get_ports() == [7]));
        assert!(of("postgres:///kw?host=one,two,three&port=7,8").is_err());
        assert!(of("postgres:///kw").is_err());
    }

    #[test]
    fn the_one_that_served_last_is_asked_first() {
        let hosts = of("postgres://one,two,three/kw").unwrap();
        assert_eq!(order(&hosts), [0, 1, 2]);

        hosts.serves(1);
        assert_eq!(order(&hosts), [1, 2, 0]);
        // It was not asked first.
        hosts.fails(0);
        assert_eq!(order(&hosts), [1, 2, 0]);
        hosts.fails(1);
        hosts.fails(2);
        assert_eq!(order(&hosts), [0, 1, 2]);
    }
}
