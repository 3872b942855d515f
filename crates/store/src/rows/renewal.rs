//! The one hot write: a refresh that nothing stands against.

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Nullable, Text};
use diesel::{RunQueryDsl, Table};
use keywright_domain::request_context::RequestContext;
use keywright_domain::session::Refresh;

use super::{Key, Millis};
use crate::schema::sessions;
use crate::schema::sql::Id;

/// Renews a session as `Session::refresh` does when the current generation is presented, and returns the
/// row as it is then. Its `WHERE` is what that transition asks for; no row means: load it and judge.
/// The row says who renewed it, so that a renewal whose answer was lost is recognised.
///
/// Written by hand because Diesel parses and plans its own updates anew each time; this one is prepared once.
#[derive(Clone, Debug, QueryId)]
pub struct Renewal {
    pub session: Key,
    presented: i64,
    pub next: i64,
    client_id: Option<String>,
    now: Millis,
    idle_ends_at: Millis,
    pub renewed_by: Key,
}

impl Renewal {
    /// The renewal by `refresh` in the normal case.
    pub fn new(refresh: &Refresh, at: &RequestContext) -> Self {
        Self {
            session: refresh.session.into(),
            presented: refresh.presented.0.into(),
            next: refresh.presented.next().0.into(),
            client_id: refresh.client_id.clone(),
            now: at.now.into(),
            idle_ends_at: (at.now + refresh.idle).into(),
            renewed_by: at.rotation_id().into(),
        }
    }
}

impl Query for Renewal {
    type SqlType = sessions::SqlType;
}

impl<Conn> RunQueryDsl<Conn> for Renewal {}

impl<DB> QueryFragment<DB> for Renewal
where
    DB: Backend + HasSqlType<Id> + HasSqlType<BigInt> + HasSqlType<Nullable<Text>>,
    Key: ToSql<Id, DB>,
    Millis: ToSql<BigInt, DB>,
    i64: ToSql<BigInt, DB>,
    Option<String>: ToSql<Nullable<Text>, DB>,
    <sessions::table as Table>::AllColumns: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE sessions SET generation = ");
        out.push_bind_param::<BigInt, _>(&self.next)?;
        out.push_sql(", parent = ");
        out.push_bind_param::<BigInt, _>(&self.presented)?;
        out.push_sql(", seen = CASE WHEN seen > ");
        out.push_bind_param::<BigInt, _>(&self.presented)?;
        out.push_sql(" THEN seen ELSE ");
        out.push_bind_param::<BigInt, _>(&self.presented)?;
        out.push_sql(" END, renewed_by = ");
        out.push_bind_param::<Id, _>(&self.renewed_by)?;
        out.push_sql(", spent_at = ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(", made_at = ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(", last_used_at = CASE WHEN last_used_at > ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(" THEN last_used_at ELSE ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(" END, idle_ends_at = CASE WHEN ends_at < ");
        out.push_bind_param::<BigInt, _>(&self.idle_ends_at)?;
        out.push_sql(" THEN ends_at ELSE ");
        out.push_bind_param::<BigInt, _>(&self.idle_ends_at)?;
        out.push_sql(" END WHERE id = ");
        out.push_bind_param::<Id, _>(&self.session)?;
        out.push_sql(" AND generation = ");
        out.push_bind_param::<BigInt, _>(&self.presented)?;
        out.push_sql(" AND ended_at IS NULL AND idle_ends_at > ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(" AND ends_at > ");
        out.push_bind_param::<BigInt, _>(&self.now)?;
        out.push_sql(" AND kind <> 'browser' AND client_id = coalesce(");
        out.push_bind_param::<Nullable<Text>, _>(&self.client_id)?;
        out.push_sql(", client_id) RETURNING ");
        sessions::all_columns.walk_ast(out)
    }
}
