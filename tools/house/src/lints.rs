//! That the lints of the workspace are in force everywhere, and their exceptions where they belong.

use crate::source::Source;

/// The methods that `clippy.toml` has to ban.
pub const BANNED: &[&str] = &[
    "chrono::Utc::now",
    "std::time::SystemTime::now",
    "rand::rng",
    "rand::random",
    "uuid::Uuid::new_v4",
    "uuid::Uuid::now_v7",
    "actix_web::dev::ConnectionInfo::realip_remote_addr",
];

/// The only files that may use them: the adapters that own time and randomness.
pub const OWNERS: &[&str] = &["crates/adapters/src/clock.rs", "crates/adapters/src/entropy.rs"];

/// The methods that `clippy_toml` does not ban, or bans without a reason.
pub fn missing_bans(clippy_toml: &str) -> Vec<String> {
    let is_banned = |method: &&&str| {
        let row = format!("path = \"{method}\", reason = \"");
        clippy_toml.lines().any(|line| line.trim_start().starts_with('{') && line.contains(&row))
    };
    let missing = BANNED.iter().filter(|method| !is_banned(method));
    missing
        .map(|method| format!("clippy.toml: {method} is not among the disallowed-methods, with a reason"))
        .collect()
}

/// The places, outside of their owners, that lift a ban.
pub fn lifted_bans(sources: &[Source]) -> Vec<String> {
    let others = sources.iter().filter(|source| !OWNERS.iter().any(|owner| source.path.ends_with(owner)));
    let places =
        others.flat_map(|source| source.lifted_bans.iter().map(move |line| (source.path.display(), line)));
    places
        .map(|(path, line)| {
            format!("{path}:{line}: only {} may lift a ban of clippy.toml", OWNERS.join(" and "))
        })
        .collect()
}

/// True if a crate's Cargo.toml takes the lints of the workspace.
pub fn inherits_lints(manifest: &str) -> bool {
    let mut lines = manifest.lines().skip_while(|line| line.trim() != "[lints]").skip(1);
    lines.next().is_some_and(|line| line.trim() == "workspace = true")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_ban_without_a_reason_is_missing() {
        let row = |method: &str| format!("    {{ path = \"{method}\", reason = \"r\" }},\n");
        let all: String = BANNED.iter().map(|method| row(method)).collect();

        assert_eq!(missing_bans(&all), [""; 0]);
        assert_eq!(missing_bans(&all.replace("rand::rng\", reason = \"r\"", "rand::rng\"")).len(), 1);
        assert_eq!(missing_bans(&all.replace("    {", "    # {")).len(), BANNED.len());
    }

    #[test]
    fn only_the_owners_lift_a_ban() {
        let text = "#![expect(clippy::disallowed_methods, reason = \"r\")]\n";
        let source = |path: &str| Source::parse(Path::new(path), text).unwrap();
        let sources = [source("crates/adapters/src/clock.rs"), source("crates/http/src/clock.rs")];

        let violations = lifted_bans(&sources);

        assert_eq!(violations.len(), 1, "{violations:?}");
        assert!(violations.iter().all(|v| v.starts_with("crates/http/src/clock.rs:1: only")));
    }

    #[test]
    fn a_crate_with_lints_of_its_own_does_not_inherit() {
        assert!(inherits_lints("[package]\n\n[lints]\nworkspace = true\n"));
        assert!(!inherits_lints("[package]\nname = \"a\"\n"));
        assert!(!inherits_lints("[lints]\nrust = {}\n[features]\nworkspace = true\n"));
    }
}
