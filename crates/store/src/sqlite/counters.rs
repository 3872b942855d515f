//! Counters of the writer.

use std::sync::atomic::AtomicU64;

/// Counters of the writer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriterFigures {
    /// Commands that were committed.
    pub commands: u64,
    /// Commits, each of one command or more.
    pub commits: u64,
    /// Groups that were rolled back as a whole.
    pub failures: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) commands: AtomicU64,
    pub(super) commits: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) waiting: AtomicU64,
}
