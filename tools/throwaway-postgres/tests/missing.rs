//! Without PostgreSQL the tests fail with an instruction to install it.

use std::fs::{self, File};
use std::process::Command;

#[test]
fn without_a_complete_postgresql_the_run_fails_and_says_what_to_install() {
    let directory = tempfile::tempdir().unwrap();
    let witness = directory.path().join("witness");
    // Many machines have only the client.
    File::create(directory.path().join("psql")).unwrap();

    let mut run = Command::new(env!("CARGO_BIN_EXE_keywright-throwaway-postgres"));
    let run = run.arg("touch").arg(&witness).env("KEYWRIGHT_TEST_POSTGRES_BIN", directory.path());
    let output = run.output().unwrap();

    assert!(!output.status.success());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("apt-get install postgresql"), "{errors}");
    assert!(!fs::exists(witness).unwrap(), "the tests were run");
}
