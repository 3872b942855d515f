//! The listeners, and whom they believe.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::thread;

use ipnet::IpNet;

use super::error::ConfigError;
use super::reader::Reader;
use super::value::choice;

/// `server.*`
#[derive(Clone, Debug)]
pub struct Server {
    /// `server.listen`: the public listener; port 0 picks a free one. Default: `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// `server.admin_listen`: `/metrics` and the probes once more; `off` for none. Default: `127.0.0.1:8081`.
    pub admin_listen: Option<SocketAddr>,
    /// `server.trusted_proxies`: peers whose forwarding header counts. Default: none.
    pub trusted_proxies: Vec<IpNet>,
    /// `server.forwarded_header`: the one that is read. Default: `x-forwarded-for`.
    pub forwarded_header: ForwardedHeader,
    /// `server.workers`: threads that serve requests. Default: the number of cores.
    pub workers: NonZeroUsize,
}

choice! {
    /// The header in which a proxy says for whom it asks.
    ForwardedHeader {
        /// The usual one.
        XForwardedFor = "x-forwarded-for",
        /// RFC 7239.
        Forwarded = "forwarded",
    }
}

impl Server {
    pub(super) fn read(reader: &mut Reader) -> Result<Self, ConfigError> {
        Ok(Self {
            listen: reader.value("server.listen", "127.0.0.1:8080")?,
            admin_listen: reader.value("server.admin_listen", "127.0.0.1:8081")?,
            trusted_proxies: reader.list("server.trusted_proxies", Vec::new)?,
            forwarded_header: reader.value("server.forwarded_header", "x-forwarded-for")?,
            workers: reader.value_or("server.workers", cores)?,
        })
    }
}

fn cores() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}
