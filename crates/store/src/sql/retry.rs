//! Judging a row again until the judgement can be stored.

use super::error::Failure;

/// Runs `attempt` until it settles: it gives none when the row was changed between the reading and the guarded
/// write, by another process or another connection.
pub(super) fn retry_on_conflict<T>(
    mut attempt: impl FnMut() -> Result<Option<T>, Failure>,
) -> Result<T, Failure> {
    for _ in 0..8 {
        if let Some(settled) = attempt()? {
            return Ok(settled);
        }
    }
    Err(Failure::Contended)
}
