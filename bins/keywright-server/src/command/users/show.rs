//! `keywright-server users show`

use keywright_api::organization::OrganizationResource;
use keywright_api::session::manage::SessionResource;
use keywright_domain::organization::{Organization, Role};
use keywright_domain::page::Page;
use keywright_domain::session::Session;
use keywright_domain::user::User;
use serde::Serialize;

use super::super::account::{Account, AccountOutput, state};
use super::super::output::{OutputOptions, instant, optional_instant, table};
use super::super::store::OpenStore;

/// Prints the account with its live sessions, the newest 100 of them, and its organizations.
pub(super) async fn run(store: &OpenStore, account: &Account, options: OutputOptions) -> anyhow::Result<()> {
    let stores = &store.stores;
    let user = account.find(stores).await?;
    let sessions = stores.sessions.list(user.id, Page::WIDEST, store.clock.now()).await?.items;
    let organizations = stores.organizations.list_of(user.id, Page::WIDEST).await?.items;
    let output = ShowOutput {
        account: (&user).into(),
        sessions: sessions.iter().map(|session| SessionResource::new(session, None)).collect(),
        organizations: organizations.iter().map(Into::into).collect(),
    };
    Ok(options.print(&output, &profile_text(&user, &sessions, &organizations))?)
}

/// An account with its sessions and organizations.
#[derive(Serialize)]
struct ShowOutput {
    #[serde(flatten)]
    account: AccountOutput,
    sessions: Vec<SessionResource>,
    organizations: Vec<OrganizationResource>,
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
