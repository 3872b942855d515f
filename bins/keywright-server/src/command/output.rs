//! Output and questions of a command: a table or JSON on stdout, questions on stderr.

use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};

use anyhow::bail;
use chrono::{DateTime, Utc};
use keywright_web::time::Timestamp;
use serde::Serialize;

/// Output options of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutputOptions {
    /// `--json`: results are JSON.
    pub(super) json: bool,
    /// `--yes`: nothing is asked.
    pub(super) yes: bool,
}

impl OutputOptions {
    /// Prints `result` as JSON or else `text`. A reader that stops reading is no error.
    pub(super) fn print(self, result: &impl Serialize, text: &str) -> io::Result<()> {
        let text = if self.json { serde_json::to_string(result)? } else { text.trim_end().to_owned() };
        let mut out = io::stdout().lock();
        match writeln!(out, "{text}").and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            done => done,
        }
    }

    /// Asks whether to do what cannot be undone, unless that is answered already; `consequence` is a sentence.
    /// Fails when it is not to be done, or when nobody can be asked.
    pub(super) fn confirm(self, consequence: &str) -> anyhow::Result<()> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            bail!("{consequence} Nothing was changed: add --yes to do it without being asked");
        }
        eprint!("{consequence} Go on? [y/N] ");
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if is_yes(&answer) { Ok(()) } else { bail!("nothing was changed") }
    }
}

/// An instant as the API writes it.
pub(super) fn instant(instant: DateTime<Utc>) -> String {
    Timestamp(instant).to_string()
}

/// An instant as the API writes it, or a dash.
pub(super) fn optional_instant(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "-".to_owned(), instant)
}

/// Rows under a heading, in columns that are as wide as they need to be.
pub(super) fn table<const COLUMNS: usize>(
    heading: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> String {
    let heading = heading.map(str::to_uppercase);
    let rows: Vec<[String; COLUMNS]> = std::iter::once(heading).chain(rows).collect();
    let mut widths = [0; COLUMNS];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; COLUMNS]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn is_yes(answer: &str) -> bool {
    ["y", "yes"].contains(&answer.trim().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["1", "Zoë"], ["22", ""]].map(|row| row.map(str::to_owned));

        assert_eq!(table(["id", "name"], rows), "ID  NAME\n1   Zoë\n22\n");
        assert_eq!(table(["id"], []), "ID\n");
    }

    #[test]
    fn instants_are_written_as_in_the_api() {
        let at = DateTime::from_timestamp_millis(1_800_000_000_999);

        assert_eq!(optional_instant(at), "2027-01-15T08:00:00Z");
        assert_eq!(optional_instant(None), "-");
    }

    #[test]
    fn only_a_yes_is_a_yes() {
        assert!([" y\n", "YES\n", "yes"].iter().all(|answer| is_yes(answer)));
        assert!(["", "\n", "n\n", "yess\n", "j\n"].iter().all(|answer| !is_yes(answer)));
        assert!(OutputOptions { json: false, yes: true }.confirm("All of it goes.").is_ok());
    }
}
