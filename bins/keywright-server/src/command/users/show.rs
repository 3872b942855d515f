//! `keywright-server users show`

use keywright_domain::client::ClientName;
use keywright_domain::organization::{Organization, Role};
use keywright_domain::page::Page;
use keywright_domain::session::Session;
use keywright_domain::user::User;
use serde_json::{Value as Json, json};

use super::super::account::{Account, about, state};
use super::super::output::{OutputOptions, instant, optional_instant, table};
use super::super::store::OpenStore;

/// Prints the account with its live sessions, the newest 100 of them, and its organizations.
pub(super) async fn run(store: &OpenStore, account: &Account, output: OutputOptions) -> anyhow::Result<()> {
    let stores = &store.stores;
    let user = account.find(stores).await?;
    let sessions = stores.sessions.list(user.id, Page::WIDEST, store.clock.now()).await?.items;
    let organizations = stores.organizations.list_of(user.id, Page::WIDEST).await?.items;
    let mut json = about(&user);
    if let Some(fields) = json.as_object_mut() {
        fields.insert("sessions".to_owned(), sessions.iter().map(about_session).collect());
        fields.insert("organizations".to_owned(), organizations.iter().map(about_membership).collect());
    }
    Ok(output.print(&json, &profile_text(&user, &sessions, &organizations))?)
}

fn profile_text(user: &User, sessions: &[Session], organizations: &[(Organization, Role)]) -> String {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let fields = [
        ("id", user.id.to_string()),
        ("email", user.email.to_string()),
        ("state", state(user).to_owned()),
        ("name", or_dash(user.profile.name.clone())),
        ("wanted address", or_dash(user.pending_email.as_ref().map(ToString::to_string))),
        ("created", instant(user.created_at)),
        ("last sign-in", optional_instant(user.last_sign_in_at)),
        ("disabled", optional_instant(user.disabled_at)),
    ];
    let lines = fields.iter().map(|(name, value)| format!("{name:16}{value}\n"));
    let mut text = lines.collect::<Vec<_>>().concat();
    if !organizations.is_empty() {
        let row = |(organization, role): &(Organization, Role)| {
            [organization.slug.to_string(), role.as_str().to_owned()]
        };
        text.push('\n');
        text.push_str(&table(["organization", "role"], organizations.iter().map(row)));
    }
    if !sessions.is_empty() {
        let row = |session: &Session| {
            [
                session.id.to_string(),
                session.client_id.as_str().to_owned(),
                or_dash(session.client_name.as_ref().map(|name| name.as_str().to_owned())),
                or_dash(session.client_info.ip.map(|ip| ip.to_string())),
                instant(session.created_at),
                instant(session.last_used_at),
            ]
        };
        let heading = ["session", "client", "client name", "address", "opened", "last used"];
        text.push('\n');
        text.push_str(&table(heading, sessions.iter().map(row)));
    }
    text
}

fn about_session(session: &Session) -> Json {
    json!({
        "id": session.id,
        "client_id": session.client_id.as_str(),
        "client_name": session.client_name.as_ref().map(ClientName::as_str),
        "created_at": instant(session.created_at),
        "last_used_at": instant(session.last_used_at),
        "ip_address": session.client_info.ip.map(|ip| ip.to_string()),
    })
}

fn about_membership((organization, role): &(Organization, Role)) -> Json {
    json!({
        "id": organization.id,
        "slug": organization.slug.as_str(),
        "name": organization.name.as_str(),
        "role": role.as_str(),
    })
}
