//! Answers of one row, read to their end.

use diesel::RunQueryDsl;
use diesel::query_dsl::methods::LoadQuery;
use diesel::result::{Error, QueryResult};

/// Instead of Diesel's `first` and `get_result`, which leave an answer where its first row is: what comes after the row
/// is whether the statement ended well, and of a statement by itself whether it was committed.
pub trait One<Conn>: RunQueryDsl<Conn> + Sized {
    /// The row of a query that gives one at most; `NotFound` if there is none.
    fn one<'query, T>(self, connection: &mut Conn) -> QueryResult<T>
    where
        Self: LoadQuery<'query, Conn, T>,
    {
        self.load(connection)?.pop().ok_or(Error::NotFound)
    }
}

impl<Q: RunQueryDsl<Conn>, Conn> One<Conn> for Q {}
