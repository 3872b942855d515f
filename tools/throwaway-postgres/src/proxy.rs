//! A TCP proxy between a server and its database that can redirect, delay and drop connections.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The treatment of a new connection.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// Forwards it to this port.
    To(u16),
    /// Accepts it and forwards nothing until it is cut.
    Silent,
}

/// An address that leads to a database.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    way: watch::Sender<Way>,
    delay: watch::Sender<Duration>,
    /// Incremented to close the open connections.
    cut: watch::Sender<u32>,
}

impl Proxy {
    /// Listens on a free port of 127.0.0.1, as long as the current runtime lives.
    pub async fn start(way: Way) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (way, delay, cut) =
            (watch::Sender::new(way), watch::Sender::new(Duration::ZERO), watch::Sender::new(0));
        let (ways, delays, cuts) = (way.subscribe(), delay.subscribe(), cut.subscribe());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (way, delays, mut cuts) = (*ways.borrow(), delays.clone(), cuts.clone());
                cuts.mark_unchanged();
                tokio::spawn(async move {
                    tokio::select! {
                        _ = cuts.changed() => {}
                        () = lead(near, way, delays) => {}
                    }
                });
            }
        });
        Ok(Self { address, way, delay, cut })
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The URL of `database` through this proxy.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://keywright@{}/{database}", self.address)
    }

    /// Sets the treatment of new connections.
    pub fn leads(&self, way: Way) {
        self.way.send_replace(way);
    }

    /// Closes the open connections.
    pub fn cut(&self) {
        self.cut.send_modify(|count| *count += 1);
    }

    /// Delays each answer of the database.
    pub fn delays(&self, delay: Duration) {
        self.delay.send_replace(delay);
    }
}

async fn lead(near: TcpStream, way: Way, delays: watch::Receiver<Duration>) {
    let Way::To(port) = way else { return std::future::pending().await };
    let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    tokio::select! {
        () = copy(near_in, far_out, None) => {}
        () = copy(far_in, near_out, Some(delays)) => {}
    }
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delays: Option<watch::Receiver<Duration>>) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let delay = delays.as_ref().map(|delays| *delays.borrow()).unwrap_or_default();
        tokio::time::sleep(delay).await;
        let Some(read) = bytes.get(..count) else { return };
        if to.write_all(read).await.is_err() {
            return;
        }
    }
}
