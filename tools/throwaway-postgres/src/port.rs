//! Where a cluster listens.

use std::iter::repeat_with;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;

use anyhow::{Context, Result};

use crate::database::unique;

/// Below those that the system gives to whoever connects or listens: nobody has it when a cluster is stopped and wants
/// it back.
const PORTS: Range<u16> = 10_000..32_000;
const TRIES: usize = 100;

/// One on 127.0.0.1 that nobody listens on.
pub fn free() -> Result<u16> {
    let is_free = |&port: &u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    repeat_with(random).take(TRIES).find(is_free).context("no port is free")
}

fn random() -> u16 {
    u16::try_from(unique() % PORTS.len() as u64).map_or(PORTS.start, |offset| PORTS.start + offset)
}
