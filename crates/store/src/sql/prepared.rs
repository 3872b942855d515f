//! Updates that a connection keeps.

use diesel::backend::Backend;
use diesel::expression::AppearsOnTable;
use diesel::query_builder::{AsChangeset, AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::Bool;
use diesel::{Expression, QuerySource, RunQueryDsl};

/// An update that each connection has parsed and planned once, as it has its queries.
///
/// Diesel has its own updates parsed and planned anew each time, because the text of one may be another one with each
/// value. So this is for those alone that have a handful of texts at most: a connection keeps each of them.
#[derive(Clone, Copy, Debug)]
pub struct Update<F, S, W> {
    table: F,
    set: S,
    rows: W,
}

/// Sets `set` in those rows of `table` that are as `rows` says.
pub fn update<T, S, W>(table: T, rows: W, set: S) -> Update<T::FromClause, S::Changeset, W>
where
    T: QuerySource + Copy,
    S: AsChangeset<Target = T>,
    W: Expression<SqlType = Bool> + AppearsOnTable<T>,
{
    Update { table: table.from_clause(), set: set.as_changeset(), rows }
}

impl<F, S, W> QueryId for Update<F, S, W> {
    type QueryId = ();

    // Its text says which one it is.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<F, S, W, Conn> RunQueryDsl<Conn> for Update<F, S, W> {}

impl<F, S, W, DB> QueryFragment<DB> for Update<F, S, W>
where
    DB: Backend,
    F: QueryFragment<DB>,
    S: QueryFragment<DB>,
    W: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE ");
        self.table.walk_ast(out.reborrow())?;
        out.push_sql(" SET ");
        self.set.walk_ast(out.reborrow())?;
        out.push_sql(" WHERE ");
        self.rows.walk_ast(out)
    }
}
