//! `keywright-server users`

mod show;

use anyhow::{Context, bail};
use clap::Subcommand;
use keywright_domain::RequestContext;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::email::EmailAddress;
use keywright_domain::id::UserId;
use keywright_domain::user::port::{Deletion, Opening};
use keywright_domain::user::{ProfileChange, User};
use keywright_domain::wait_budget::WaitBudget;
use keywright_service::user;
use serde_json::json;

use super::account::{Account, AccountOutput, email, state};
use super::output::{OutputOptions, instant, optional_instant};
use super::page::Paging;
use super::store::{self, Opened};
use crate::config::Loaded;

#[derive(Clone, Debug, Subcommand)]
pub(super) enum Verb {
    /// List the accounts, the newest first
    #[command(after_help = "Example:\n  keywright-server users list --per-page 20 --page 2")]
    List(Paging),
    /// Show an account with its sessions and organizations
    #[command(after_help = "Example:\n  keywright-server users show ada@example.com")]
    Show {
        /// Its address or its id
        #[arg(value_name = "EMAIL|ID")]
        account: Account,
    },
    /// Make an account for somebody
    ///
    /// The address counts as unproven until its owner signs in by a link that was sent there. The account is made
    /// whatever `signup.policy` says of strangers. No mail is sent.
    #[command(after_help = "Example:\n  keywright-server users create ada@example.com --name 'Ada Lovelace'")]
    Create {
        /// The address, to which sign-in links will go
        #[arg(value_parser = email)]
        email: EmailAddress,
        /// What lists call them until they sign in and say their name themselves
        #[arg(long)]
        name: Option<String>,
    },
    /// Keep somebody from signing in, and end their sessions at once
    ///
    /// Nothing is deleted: `users enable` undoes it, though the sessions stay ended. It does not ask.
    #[command(after_help = "Example:\n  keywright-server users disable ada@example.com")]
    Disable {
        /// Their address or id
        #[arg(value_name = "EMAIL|ID")]
        account: Account,
    },
    /// Let somebody sign in again
    #[command(after_help = "Example:\n  keywright-server users enable ada@example.com")]
    Enable {
        /// Their address or id
        #[arg(value_name = "EMAIL|ID")]
        account: Account,
    },
    /// Delete an account with all that belongs to it, for good
    ///
    /// Nobody who is the last owner of an organization can be deleted: `orgs add-member --role owner` names another.
    #[command(after_help = "Example:\n  keywright-server users delete ada@example.com --yes")]
    Delete {
        /// Its address or its id
        #[arg(value_name = "EMAIL|ID")]
        account: Account,
    },
}

/// Runs on the configured store, whether or not a server is running.
pub(super) async fn run(loaded: &Loaded, verb: Verb, manner: OutputOptions) -> anyhow::Result<()> {
    let opened = store::open(loaded).await?;
    match verb {
        Verb::List(paging) => list(&opened, paging, manner).await,
        Verb::Show { account } => show::run(&opened, &account, manner).await,
        Verb::Create { email, name } => create(&opened, email, name, manner).await,
        Verb::Disable { account } => disable(&opened, &account, manner).await,
        Verb::Enable { account } => enable(&opened, &account, manner).await,
        Verb::Delete { account } => delete(&opened, &account, manner).await,
    }
}

async fn list(opened: &Opened, paging: Paging, manner: OutputOptions) -> anyhow::Result<()> {
    let paged = opened.stores.users.list(paging.page()).await?;
    let row = |user: &User| {
        [
            user.id.to_string(),
            user.email.to_string(),
            user.profile.name.clone().unwrap_or_else(|| "-".to_owned()),
            state(user).to_owned(),
            instant(user.created_at),
            optional_instant(user.last_sign_in_at),
        ]
    };
    let heading = ["id", "email", "name", "state", "created", "last sign-in"];
    Ok(paging.print(&paged, manner, AccountOutput::from, (heading, row))?)
}

async fn create(
    opened: &Opened,
    email: EmailAddress,
    name: Option<String>,
    manner: OutputOptions,
) -> anyhow::Result<()> {
    let change = user::checked(&ProfileChange { name, ..ProfileChange::default() });
    let change = match change {
        Ok(change) => change,
        Err(errors) => {
            let sentences: Vec<_> = errors.iter().map(|(field, why)| format!("--{field} {why}")).collect();
            bail!("{}", sentences.join("; "))
        }
    };
    let now = request_context(opened).now;
    let unproven = User::unproven(UserId::new(opened.entropy.as_ref()), email, now);
    let (user, _) = unproven.with_profile(&change, now);
    match opened.stores.users.open(&user).await? {
        Opening::Opened => {}
        Opening::AddressTaken => {
            let email = &user.email;
            bail!("{email} has an account already: see `keywright-server users show {email}`")
        }
    }
    let text = format!(
        "{} has the account {}. Its owner proves the address by signing in with a link that is sent there.",
        user.email, user.id
    );
    Ok(manner.print(&AccountOutput::from(&user), &text)?)
}

async fn disable(opened: &Opened, account: &Account, manner: OutputOptions) -> anyhow::Result<()> {
    let user = account.find(&opened.stores).await?;
    let disabled =
        opened.stores.users.disable(user.id, &request_context(opened)).await?.with_context(|| gone(&user))?;
    let text = if user.is_enabled() {
        format!("{} is disabled, and every session of theirs is over.", user.email)
    } else {
        format!("{} was disabled already, at {}.", user.email, optional_instant(user.disabled_at))
    };
    Ok(manner.print(&AccountOutput::from(&disabled), &text)?)
}

async fn enable(opened: &Opened, account: &Account, manner: OutputOptions) -> anyhow::Result<()> {
    let user = account.find(&opened.stores).await?;
    let enabled = opened
        .stores
        .users
        .enable(user.id, request_context(opened).now)
        .await?
        .with_context(|| gone(&user))?;
    let text = if user.is_enabled() {
        format!("{} was not disabled.", user.email)
    } else {
        format!("{} may sign in again.", user.email)
    };
    Ok(manner.print(&AccountOutput::from(&enabled), &text)?)
}

async fn delete(opened: &Opened, account: &Account, manner: OutputOptions) -> anyhow::Result<()> {
    let user = account.find(&opened.stores).await?;
    manner.confirm(&format!(
        "The account of {} goes for good, with its sessions, passkeys, activity and memberships.",
        user.email
    ))?;
    match opened.stores.users.delete(user.id, &WaitBudget::NONE).await? {
        Deletion::Deleted => {}
        Deletion::NotFound => bail!(gone(&user)),
        Deletion::LastOwner => bail!(
            "{} is the last owner of an organization: make somebody else one with \
             `keywright-server orgs add-member SLUG EMAIL --role owner` first",
            user.email
        ),
    }
    let text = format!("The account of {} is deleted.", user.email);
    Ok(manner.print(&json!({"deleted": user.id}), &text)?)
}

fn request_context(opened: &Opened) -> RequestContext {
    RequestContext::new(opened.clock.as_ref(), opened.entropy.as_ref(), None, ClientInfo::default())
}

fn gone(user: &User) -> String {
    format!("the account of {} was deleted meanwhile", user.email)
}
