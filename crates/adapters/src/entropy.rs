//! The secure random source of the system.

use keywright_domain::entropy::Entropy;
use rand::TryRng;
use rand::rngs::SysRng;

/// The random source of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// Ends the process if there is no randomness: a guessable credential is worse than none, and a panic
    /// would leave the other threads issuing them.
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = SysRng.try_fill_bytes(bytes) {
            tracing::error!(error.cause = %error, "the system's random source failed: ending the process");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use keywright_domain::entropy::random;

    use super::*;

    #[test]
    fn bytes_are_filled_to_the_last_and_differ_each_time() {
        let draws: Vec<[u8; 64]> = (0..64).map(|_| random(&SystemEntropy)).collect();

        for index in 0..64 {
            assert!(draws.iter().any(|bytes| bytes[index] != 0), "byte {index} is never set");
        }
        assert!(draws.iter().enumerate().all(|(at, bytes)| !draws[..at].contains(bytes)));
    }

    #[test]
    fn nothing_is_asked_of_an_empty_slice() {
        SystemEntropy.fill(&mut []);
    }
}
