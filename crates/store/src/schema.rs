//! The tables, alike on every SQL backend: see `migrations/` and docs/adr/0001.

/// The SQL types that go by another name on each backend.
pub mod sql {
    use diesel::query_builder::QueryId;
    use diesel::sql_types::SqlType;

    /// A UUID: `BLOB` of 16 bytes on SQLite, `uuid` on PostgreSQL.
    #[derive(Clone, Copy, Debug, Default, QueryId, SqlType)]
    #[diesel(sqlite_type(name = "Binary"))]
    // Those of `uuid`, which are the same in every PostgreSQL.
    #[diesel(postgres_type(oid = 2950, array_oid = 2951))]
    pub struct Id;
}

diesel::table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use super::sql::Id;

    users {
        id -> Id,
        email -> Text,
        email_verified -> Bool,
        pending_email -> Nullable<Text>,
        name -> Nullable<Text>,
        avatar_url -> Nullable<Text>,
        locale -> Nullable<Text>,
        time_zone -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        last_sign_in_at -> Nullable<BigInt>,
        disabled_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::sql::Id;

    sessions {
        id -> Id,
        user_id -> Id,
        kind -> Text,
        client_id -> Text,
        client_name -> Nullable<Text>,
        authenticated_at -> BigInt,
        authentication_method -> Text,
        created_at -> BigInt,
        last_used_at -> BigInt,
        idle_ends_at -> BigInt,
        ends_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        end_reason -> Nullable<Text>,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        generation -> BigInt,
        parent -> Nullable<BigInt>,
        seen -> BigInt,
        spent_at -> BigInt,
        made_at -> BigInt,
        look_at -> BigInt,
        renewed_by -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use super::sql::Id;

    device_authorizations {
        id -> Id,
        user_code -> Binary,
        client_id -> Text,
        client_name -> Nullable<Text>,
        scope_was_narrowed -> Bool,
        requested_at -> BigInt,
        expires_at -> BigInt,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        state -> Text,
        state_at -> Nullable<BigInt>,
        decided_by -> Nullable<Id>,
        authenticated_at -> Nullable<BigInt>,
        authentication_method -> Nullable<Text>,
        session_id -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::sql::Id;

    magic_links {
        id -> Id,
        email -> Text,
        redirect_to -> Nullable<Text>,
        requested_at -> BigInt,
        expires_at -> BigInt,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        state -> Text,
        state_at -> Nullable<BigInt>,
        wrong_codes -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use super::sql::Id;

    passkeys {
        id -> Id,
        user_id -> Id,
        credential_id -> Binary,
        data -> Text,
        name -> Text,
        created_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
        counter -> BigInt,
        backup_eligible -> Bool,
        backed_up -> Bool,
        transports -> Text,
        aaguid -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::sql::Id;

    ceremonies {
        id -> Id,
        kind -> Text,
        user_id -> Nullable<Id>,
        state -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};

    magic_link_addresses (email) {
        email -> Text,
        wrong_codes -> Text,
        codes_off_until -> Nullable<BigInt>,
        look_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::sql::Id;

    mails {
        id -> Id,
        recipient -> Text,
        template -> Text,
        record_id -> Id,
        created_at -> BigInt,
        attempts -> BigInt,
        state -> Text,
        due_at -> Nullable<BigInt>,
        settled_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::sql::Id;

    activities {
        id -> Id,
        user_id -> Id,
        event -> Text,
        occurred_at -> BigInt,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        client_id -> Nullable<Text>,
        session_id -> Nullable<Id>,
        details -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Text};

    signing_keys (kid) {
        kid -> Text,
        algorithm -> Text,
        public_jwk -> Text,
        sealed_private_key -> Binary,
        follows -> Text,
        created_at -> BigInt,
        signs_from -> BigInt,
        token_lifetime -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use super::sql::Id;

    email_changes {
        id -> Id,
        user_id -> Id,
        old_email -> Text,
        new_email -> Text,
        session_id -> Id,
        asked_at -> BigInt,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        state -> Text,
        state_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Text};
    use super::sql::Id;

    organizations {
        id -> Id,
        name -> Text,
        slug -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use super::sql::Id;

    memberships (organization_id, user_id) {
        organization_id -> Id,
        user_id -> Id,
        role -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::Text;

    locks (name) {
        name -> Text,
    }
}

diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(memberships -> organizations (organization_id));
diesel::allow_tables_to_appear_in_same_query!(memberships, organizations);
diesel::allow_tables_to_appear_in_same_query!(magic_links, users);
diesel::allow_tables_to_appear_in_same_query!(sessions, users);
