//! Which part of a list a command prints.

use clap::Args;
use keywright_api::page::ListResponse;
use keywright_domain::page::{Page, Paged};
use serde::Serialize;

use super::output::{OutputOptions, table};

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Paging {
    /// The page, from 1
    #[arg(long, default_value_t = 1, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,
    /// Items per page, up to 100
    #[arg(long, default_value_t = 100, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100))]
    per_page: u32,
}

impl Paging {
    pub(super) fn page(self) -> Page {
        Page::new(self.page, self.per_page).unwrap_or(Page::WIDEST)
    }

    /// Prints a page as the API returns it, or as a table that mentions the other pages.
    pub(super) fn print<'a, T, R: Serialize, const COLUMNS: usize>(
        self,
        paged: &'a Paged<T>,
        options: OutputOptions,
        item: impl Fn(&'a T) -> R,
        (heading, row): ([&str; COLUMNS], impl Fn(&T) -> [String; COLUMNS]),
    ) -> std::io::Result<()> {
        let result = ListResponse::new(self.page(), paged, item);
        let count = result.meta.total_pages;
        let mut text = table(heading, paged.items.iter().map(row));
        if count > 1 {
            let rest = format!("page {} of {count}, {} in all: see --page\n", self.page, paged.total);
            text.push_str(&rest);
        }
        options.print(&result, &text)
    }
}
