//! The configuration file: finding and reading it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::Table;

use super::error::Finding;
use super::source::Source;

/// The file that is read unless another is named. It may be absent.
const DEFAULT: &str = "keywright.toml";

/// The file that the command line names, else the environment, else the default one, which may be absent.
pub(super) fn open(
    option: Option<&Path>,
    variable: Option<(&str, &str)>,
) -> Result<Option<(PathBuf, Table)>, Finding> {
    let (path, named_by) = match (option, variable) {
        (Some(path), _) => (path.to_owned(), Source::CommandLine("--config")),
        (None, Some((name, path))) => (path.into(), Source::Environment(name.to_owned())),
        (None, None) => (DEFAULT.into(), Source::Default),
    };
    let refused = |reason: String, remedy: &str| {
        Finding::new("the configuration file", &named_by, reason, remedy).with_detail(path.display())
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && named_by == Source::Default => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(refused("does not exist".to_owned(), "create it or name another"));
        }
        Err(error) => {
            let remedy = "make it a UTF-8 file that the server may read";
            return Err(refused(format!("cannot be read ({error})"), remedy));
        }
    };
    match toml::from_str(&text) {
        Ok(table) => Ok(Some((path, table))),
        Err(error) => Err(refused(complaint(&text, &error), "correct that line")),
    }
}

/// The line and the reason. The error's own text would repeat the line, which may hold a secret.
fn complaint(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    format!("is not TOML at line {line} ({})", error.message().replace('\n', ", "))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn refusal(content: &[u8]) -> String {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("kw.toml");
        fs::write(&path, content).unwrap();
        open(Some(&path), None).unwrap_err().to_string().replace(folder.path().to_str().unwrap(), "…")
    }

    #[test]
    fn a_named_file_must_exist_and_the_default_one_may_be_absent() {
        let absent = Path::new("/nonexistent/kw.toml");

        assert_eq!(
            open(Some(absent), None).unwrap_err().to_string(),
            "the configuration file /nonexistent/kw.toml (option --config) does not exist; \
             create it or name another"
        );
        assert_eq!(
            open(None, Some(("KEYWRIGHT_CONFIG", "/nonexistent/kw.toml"))).unwrap_err().to_string(),
            "the configuration file /nonexistent/kw.toml (environment variable KEYWRIGHT_CONFIG) \
             does not exist; create it or name another"
        );
        assert!(matches!(open(None, None), Ok(None)));
    }

    #[test]
    fn the_command_line_goes_before_the_environment() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("kw.toml");
        fs::write(&path, "x = 1").unwrap();

        let found = open(Some(&path), Some(("KEYWRIGHT_CONFIG", "/nonexistent"))).unwrap().unwrap();

        assert_eq!(found.0, path);
    }

    #[test]
    fn what_is_not_toml_is_refused_by_its_line_and_the_line_is_not_repeated() {
        for content in
            ["x = 1\nsecret = \"hunter2", "secret = hunter2", "secret = 'hunter2'\nsecret = 'hunter2'"]
        {
            let refusal = refusal(content.as_bytes());

            assert!(refusal.contains("kw.toml (option --config) is not TOML at line "), "{refusal}");
            assert!(!refusal.contains("hunter2"), "{refusal}");
            assert!(!refusal.contains('\n'), "{refusal}");
        }
        assert!(refusal(b"x = 1\ny = 2\nz").contains("at line 3"));
    }

    #[test]
    fn what_is_not_text_or_not_a_file_is_refused() {
        assert!(refusal(&[0xff, 0xfe]).contains("cannot be read"));
        let folder = TempDir::new().unwrap();
        assert!(open(Some(folder.path()), None).unwrap_err().to_string().contains("cannot be read"));
    }
}
