//! `keywright-server keys` and `keywright-server secret`, as an operator runs them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a database and a secret, without a server.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run_with(&self, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_keywright-server"))
            .args(arguments)
            .env_clear()
            .current_dir(self.0.path())
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(&[], arguments)
    }

    fn json_with(&self, settings: &[(&str, &str)], arguments: &[&str]) -> Value {
        let output = self.run_with(settings, &[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        self.json_with(&[], arguments)
    }

    /// State and algorithm of each key, newest first.
    fn keys(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let list = self.json(&["keys", "list"]);
        list["keys"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| (text(&key["state"]), text(&key["algorithm"])))
            .collect()
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.map(|(one, other)| (one.to_owned(), other.to_owned())).into()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn keys_are_listed_and_rotated_without_a_running_server() {
    let place = Place::new();
    place.run(&["migrate"]);
    assert!(stdout(&place.run(&["keys", "list"])).contains("There is no key yet"));

    let first = place.json(&["keys", "rotate"]);
    let again = place.json(&["keys", "rotate"]);

    assert_eq!((&first["made"], &again["made"]), (&true.into(), &false.into()));
    assert_eq!(first["key"], again["key"]);
    assert_eq!(place.keys(), pairs([("next", "EdDSA"), ("current", "EdDSA")]));
    let listed = place.json(&["keys", "list"]);
    let (next, current) = (&listed["keys"][0], &listed["keys"][1]);
    assert_eq!(next["kid"], first["key"]["kid"]);
    assert_eq!(current["signs_until"], next["signs_from"]);
    assert!(next["signs_until"].is_null() && next["expires_at"].is_null());
    let table = stdout(&place.run(&["keys", "list"]));
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(table.starts_with("KID ") && table.contains(next["kid"].as_str().unwrap()), "{table}");
}

#[test]
fn an_emergency_rotation_needs_confirmation_and_leaves_one_key_of_the_configured_algorithm() {
    let place = Place::new();
    place.json(&["keys", "rotate"]);

    let refused = place.run(&["keys", "rotate", "--emergency"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("Every access token ends") && stderr(&refused).contains("--yes"));
    assert_eq!(place.keys().len(), 2);

    let rs256 = [("KEYWRIGHT_TOKENS__ALGORITHM", "RS256")];
    let replaced = place.json_with(&rs256, &["keys", "rotate", "--emergency", "--yes"]);

    assert_eq!(replaced["key"]["algorithm"], "RS256");
    assert_eq!(place.keys(), pairs([("current", "RS256")]));
}

#[test]
fn the_next_key_uses_a_changed_algorithm() {
    let place = Place::new();
    place.json(&["keys", "rotate", "--emergency", "--yes"]);

    place.json_with(&[("KEYWRIGHT_TOKENS__ALGORITHM", "ES256")], &["keys", "rotate"]);

    assert_eq!(place.keys(), pairs([("next", "ES256"), ("current", "EdDSA")]));
}

#[test]
fn rotating_the_secret_keeps_the_old_file_and_reseals_the_keys() {
    let place = Place::new();
    place.json(&["keys", "rotate"]);
    let (file, previous) = (place.path("data/secret"), place.path("data/secret.previous"));
    let first = fs::read(&file).unwrap();

    let rotated = place.run(&["secret", "rotate"]);

    assert!(rotated.status.success(), "{}", stderr(&rotated));
    assert!(stdout(&rotated).contains("Restart every server"));
    let second = fs::read(&file).unwrap();
    assert_ne!(first, second);
    assert_eq!(fs::read(&previous).unwrap(), first);
    assert_eq!((mode(&file), mode(&previous)), (0o600, 0o600));
    let secrets = [first.clone(), second.clone()].map(|secret| String::from_utf8(secret).unwrap());
    assert!(!secrets.iter().any(|secret| stdout(&rotated).contains(secret.trim())));
    // The keys need only the new secret.
    fs::remove_file(&previous).unwrap();
    assert_eq!(place.json(&["keys", "rotate"])["made"], false);
    assert!(place.json(&["secret", "rotate"])["completed_earlier_rotation"] == false);
    assert_eq!(fs::read(&previous).unwrap(), second);
}

#[test]
fn a_second_secret_rotation_needs_confirmation() {
    let place = Place::new();
    place.json(&["keys", "rotate"]);
    place.json(&["secret", "rotate"]);
    let before = fs::read(place.path("data/secret")).unwrap();

    let refused = place.run(&["secret", "rotate"]);

    assert_eq!(refused.status.code(), Some(1));
    assert!(
        stderr(&refused).contains("is forgotten") && stderr(&refused).contains("--yes"),
        "{}",
        stderr(&refused)
    );
    assert_eq!(fs::read(place.path("data/secret")).unwrap(), before);
    assert!(place.run(&["secret", "rotate", "--yes"]).status.success());
    assert_ne!(fs::read(place.path("data/secret")).unwrap(), before);
}

#[test]
fn a_secret_configured_by_value_is_rotated_by_hand() {
    let place = Place::new();
    let secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

    let by_value = place.run_with(&[("KEYWRIGHT_SECRET", secret)], &["secret", "rotate"]);
    place.json(&["keys", "rotate"]);
    let previous = place.run_with(&[("KEYWRIGHT_SECRET_PREVIOUS", secret)], &["secret", "rotate"]);

    assert!(stderr(&by_value).contains("set secret_previous to its value"), "{}", stderr(&by_value));
    assert!(stderr(&previous).contains("secret_previous (environment variable"), "{}", stderr(&previous));
    assert!([by_value, previous].iter().all(|output| output.status.code() == Some(1)));
}

#[test]
fn rotating_without_a_secret_fails() {
    let place = Place::new();

    let refused = place.run(&["secret", "rotate"]);

    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("does not exist"), "{}", stderr(&refused));
}
