//! Which part of a list a command prints.

use clap::Args;
use keywright_domain::page::{Page, Paged};
use serde_json::{Value as Json, json};

use super::output::{OutputOptions, table};

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Paging {
    /// The page, from 1
    #[arg(long, default_value_t = 1, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,
    /// How many a page holds, up to 100
    #[arg(long, default_value_t = 100, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100))]
    per_page: u32,
}

impl Paging {
    pub(super) fn page(self) -> Page {
        Page::new(self.page, self.per_page).unwrap_or(Page::WIDEST)
    }

    /// Prints a page in the shape of the API, or as a table that says what is not on it.
    pub(super) fn print<T, const COLUMNS: usize>(
        self,
        paged: &Paged<T>,
        output: OutputOptions,
        json: impl Fn(&T) -> Json,
        (heading, row): ([&str; COLUMNS], impl Fn(&T) -> [String; COLUMNS]),
    ) -> std::io::Result<()> {
        let count = paged.pages(self.page().size);
        let result = json!({
            "data": paged.items.iter().map(json).collect::<Vec<_>>(),
            "meta": {"current_page": self.page, "total_pages": count, "total_count": paged.total},
        });
        let mut text = table(heading, paged.items.iter().map(row));
        if count > 1 {
            let rest = format!("page {} of {count}, {} in all: see --page\n", self.page, paged.total);
            text.push_str(&rest);
        }
        output.print(&result, &text)
    }
}
