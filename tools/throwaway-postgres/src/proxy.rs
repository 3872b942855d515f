//! What is between a server and its database: it may lead elsewhere, be slow, or let nothing through.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What becomes of a connection that is made.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// It leads to this port.
    To(u16),
    /// It is accepted, and leads nowhere until it is cut.
    Silent,
}

/// An address with a way to a database.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    way: watch::Sender<Way>,
    delay: watch::Sender<Duration>,
    /// Ends the connections that were made before.
    cut: watch::Sender<u32>,
}

impl Proxy {
    /// On a free port of 127.0.0.1. It works as long as the runtime that this is called on.
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

    /// The URL of `database` on this way.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://keywright@{}/{database}", self.address)
    }

    /// Where connections lead that are made from now on.
    pub fn leads(&self, way: Way) {
        self.way.send_replace(way);
    }

    /// Ends the connections that there are.
    pub fn cut(&self) {
        self.cut.send_modify(|count| *count += 1);
    }

    /// How much later everything comes that a database answers.
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
