//! The ports on SQL, written once.
//!
//! The files beside this one are mounted by each backend as modules of its own (`#[path]`), and so are compiled once for
//! each: `super::Connection` is that backend's connection, `super::Store` its store, `super::hold` how it locks. See
//! docs/adr/0003. A command may be run again from its beginning, so it is an `FnMut` that borrows what it writes.

mod one;
mod prepared;

use diesel::expression::AsExpression;
use diesel::helper_types::AsExprOf;
use diesel::sql_types::{Nullable, Text};

use keywright_domain::page::Page;

pub use self::one::One;
pub use self::prepared::update;

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

/// Whether `column` is `value`, or both are null.
pub fn same<C>(
    column: C,
    value: Option<&str>,
) -> operator::IsNotDistinctFrom<C, AsExprOf<Option<&str>, Nullable<Text>>>
where
    C: diesel::Expression<SqlType = Nullable<Text>>,
{
    operator::IsNotDistinctFrom::new(column, AsExpression::<Nullable<Text>>::as_expression(value))
}
