//! Files that the first start makes.

use std::path::Path;

use super::Check;

/// Checks that the first start can create `file`, as the setting `name` requires.
pub(super) fn to_be_made(name: &str, file: &Path) -> Check {
    let display = file.display();
    // A relative path's last ancestor is empty: the working directory.
    let existing = file.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("."));
    let existing = if existing.as_os_str().is_empty() { Path::new(".") } else { existing };
    // Such a file has no name, so that nothing is seen of it, and is gone when it is closed.
    match tempfile::tempfile_in(existing) {
        Ok(_) => Check::ok(name, format!("{display} does not exist yet: the first start makes it")),
        Err(error) => Check::fail(
            name,
            format!(
                "{display} does not exist, and this user cannot make it in {}: {error}",
                existing.display()
            ),
            "make its folder, and let this user write there",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn what_the_first_start_cannot_make_fails() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        std::fs::write(&file, "").unwrap();
        let state = |path: &Path| to_be_made("database.url", path).state;

        assert_eq!(state(&directory.path().join("data/keywright.db")), State::Ok);
        assert_eq!(state(Path::new("a-folder-that-is-not-there/keywright.db")), State::Ok);
        assert_eq!(state(&file.join("keywright.db")), State::Fail);
        assert_eq!(state(&file.join("data/keywright.db")), State::Fail);
        assert!(!directory.path().join("data").exists());
    }
}
