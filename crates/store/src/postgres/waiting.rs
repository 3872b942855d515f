//! The bounded queue of commands that wait for a connection.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::error::Failure;

/// One that waits for a place, counted as long as it does.
pub(super) struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    pub(super) fn new(count: &'a AtomicUsize, most: usize) -> Result<Self, Failure> {
        let waiting = Self(count);
        if count.fetch_add(1, Ordering::Relaxed) < most { Ok(waiting) } else { Err(Failure::TooManyWaiting) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
