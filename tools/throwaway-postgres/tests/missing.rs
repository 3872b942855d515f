//! Without PostgreSQL its tests fail, and say what to install.

use std::fs::{self, File};
use std::process::Command;

#[test]
fn without_a_whole_postgresql_the_run_fails_and_says_what_to_install() {
    let directory = tempfile::tempdir().unwrap();
    let witness = directory.path().join("witness");
    // A client alone, as it is installed most often.
    File::create(directory.path().join("psql")).unwrap();

    let mut run = Command::new(env!("CARGO_BIN_EXE_keywright-throwaway-postgres"));
    let run = run.arg("touch").arg(&witness).env("KEYWRIGHT_TEST_POSTGRES_BIN", directory.path());
    let output = run.output().unwrap();

    assert!(!output.status.success());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("apt-get install postgresql"), "{errors}");
    assert!(!fs::exists(witness).unwrap(), "the tests were run");
}
