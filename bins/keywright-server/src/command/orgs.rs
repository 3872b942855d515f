//! `keywright-server orgs`

use anyhow::{Context, bail};
use clap::Subcommand;
use keywright_domain::clock::to_stored_precision;
use keywright_domain::id::{OrganizationId, UserId};
use keywright_domain::organization::port::{Addition, Creation};
use keywright_domain::organization::{Organization, OrganizationName, Role, Slug};
use keywright_web::time::Timestamp;
use serde::Serialize;

use super::account::Account;
use super::output::{OutputOptions, instant};
use super::page::Paging;
use super::store::{self, OpenStore};
use crate::config::Loaded;

#[derive(Clone, Debug, Subcommand)]
pub(super) enum Action {
    /// List the organizations, by their slugs
    #[command(after_help = "Example:\n  keywright-server orgs list")]
    List(Paging),
    /// Make an organization, without members
    #[command(after_help = "Example:\n  keywright-server orgs create 'Acme & Sons' --slug acme")]
    Create {
        /// Display name
        #[arg(value_parser = name)]
        name: OrganizationName,
        /// Name in addresses: lower-case letters, digits and hyphens [default: made from the name]
        #[arg(long, value_parser = slug)]
        slug: Option<Slug>,
    },
    /// Make somebody a member, or give a member another role
    #[command(after_help = "Example:\n  keywright-server orgs add-member acme ada@example.com --role owner")]
    AddMember {
        /// The organization, as `orgs list` names it
        #[arg(value_parser = slug, value_name = "SLUG")]
        organization: Slug,
        /// Whom: an address or an id
        #[arg(value_name = "EMAIL|ID")]
        account: Account,
        /// owner, admin or member
        #[arg(long, default_value = "member", value_parser = role)]
        role: Role,
    },
}

fn name(text: &str) -> Result<OrganizationName, &'static str> {
    OrganizationName::parse(text).ok_or("must have 1 to 128 characters, none of them control characters")
}

fn slug(text: &str) -> Result<Slug, &'static str> {
    Slug::parse(text).ok_or("must be 1 to 64 of a-z, 0-9 and -, which neither begins nor ends it")
}

fn role(text: &str) -> Result<Role, &'static str> {
    Role::parse(text).ok_or("must be owner, admin or member")
}

/// Runs on the configured store, whether or not a server is running.
pub(super) async fn run(loaded: &Loaded, action: Action, options: OutputOptions) -> anyhow::Result<()> {
    let store = match action {
        Action::List(_) => store::open_to_read(loaded).await?,
        _ => store::open(loaded).await?,
    };
    match action {
        Action::List(paging) => list(&store, paging, options).await,
        Action::Create { name, slug } => create(&store, name, slug, options).await,
        Action::AddMember { organization, account, role } => {
            add_member(&store, &organization, &account, role, options).await
        }
    }
}

async fn list(store: &OpenStore, paging: Paging, options: OutputOptions) -> anyhow::Result<()> {
    let paged = store.stores.organizations.list(paging.page()).await?;
    let row = |organization: &Organization| {
        [
            organization.slug.to_string(),
            organization.name.as_str().to_owned(),
            organization.id.to_string(),
            instant(organization.created_at),
        ]
    };
    Ok(paging.print(&paged, options, OrganizationOutput::from, (["slug", "name", "id", "created"], row))?)
}

async fn create(
    store: &OpenStore,
    name: OrganizationName,
    slug: Option<Slug>,
    options: OutputOptions,
) -> anyhow::Result<()> {
    let slug = slug.or_else(|| Slug::of(&name));
    let slug = slug.context("the name suggests no slug: add --slug, such as --slug acme")?;
    let organization = Organization {
        id: OrganizationId::new(store.entropy.as_ref()),
        name,
        slug,
        created_at: to_stored_precision(store.clock.now()),
    };
    match store.stores.organizations.create(&organization).await? {
        Creation::Created => {}
        Creation::SlugTaken => {
            bail!("there is an organization {} already: choose another --slug", organization.slug)
        }
    }
    let slug = &organization.slug;
    let text = format!(
        "{} is {slug}. It has no members yet: `keywright-server orgs add-member {slug} EMAIL --role owner`.",
        organization.name.as_str()
    );
    Ok(options.print(&OrganizationOutput::from(&organization), &text)?)
}

async fn add_member(
    store: &OpenStore,
    slug: &Slug,
    account: &Account,
    role: Role,
    options: OutputOptions,
) -> anyhow::Result<()> {
    let organizations = store.stores.organizations.as_ref();
    let unknown = || format!("there is no organization {slug}: see `keywright-server orgs list`");
    let organization = organizations.find_by_slug(slug).await?.with_context(unknown)?;
    let user = account.find(&store.stores).await?;
    let (email, word) = (&user.email, role.as_str());
    let (text, is_new) = match organizations.add_member(organization.id, user.id, role).await? {
        Addition::Added => (format!("{email} belongs to {slug} as {word}."), true),
        Addition::RoleChanged => (format!("{email} belonged to {slug} already, and is {word} now."), false),
        Addition::LastOwner => {
            bail!("{email} is the last owner of {slug}: make somebody else an owner first")
        }
        Addition::NotFound => bail!("{slug} or {email} was deleted meanwhile"),
    };
    let output = MembershipOutput {
        organization: (&organization).into(),
        user_id: user.id,
        role: word,
        added: is_new,
    };
    Ok(options.print(&output, &text)?)
}

/// An organization, which without a member has no role.
#[derive(Serialize)]
struct OrganizationOutput {
    id: OrganizationId,
    slug: String,
    name: String,
    created_at: Timestamp,
}

impl From<&Organization> for OrganizationOutput {
    fn from(organization: &Organization) -> Self {
        Self {
            id: organization.id,
            slug: organization.slug.to_string(),
            name: organization.name.as_str().to_owned(),
            created_at: Timestamp(organization.created_at),
        }
    }
}

/// A member's role in an organization.
#[derive(Serialize)]
struct MembershipOutput {
    organization: OrganizationOutput,
    user_id: UserId,
    role: &'static str,
    added: bool,
}
