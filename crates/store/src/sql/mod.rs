//! The ports on SQL, written once.
//!
//! Each backend mounts this folder as a module of its own (`#[path]`), so it is compiled once for each: `Connection` is that
//! backend's connection, `Store` its store, `lock` the way it locks rows, `single_statement` its fast paths. See
//! docs/adr/0003. A command may be run again from its beginning, so it is an `FnMut` that borrows what it writes.

mod activity;
pub(super) mod device_authorization;
mod email_change;
pub(super) mod figures;
pub(super) mod magic_link;
mod mail;
mod one;
mod organization;
mod passkey;
mod prepared;
mod profile;
mod retention;
mod retry;
mod session;
mod signing_key;
pub(super) mod user;

use diesel::expression::AsExpression;
use diesel::helper_types::AsExprOf;
use diesel::sql_types::{Nullable, Text};

use keywright_domain::page::Page;

pub use self::one::One;
use self::prepared::update;
use self::retry::retry_on_conflict;
use super::{Backend, Connection, Store, error, lock, single_statement};

/// A page, as `LIMIT` and `OFFSET`.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    pub limit: i64,
    pub offset: i64,
}

impl Part {
    /// The part of a list that is `page`.
    pub fn of(page: Page) -> Self {
        let offset = i64::try_from(page.offset()).unwrap_or(i64::MAX);
        Self { limit: page.size.get().into(), offset }
    }
}

mod operator {
    diesel::infix_operator!(IsNotDistinctFrom, " IS NOT DISTINCT FROM ");
}

/// True if `column` is `value`, or both are null.
pub fn same<C>(
    column: C,
    value: Option<&str>,
) -> operator::IsNotDistinctFrom<C, AsExprOf<Option<&str>, Nullable<Text>>>
where
    C: diesel::Expression<SqlType = Nullable<Text>>,
{
    operator::IsNotDistinctFrom::new(column, AsExpression::<Nullable<Text>>::as_expression(value))
}
