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
use super::store::{self, OpenStore};
use crate::config::Loaded;

#[derive(Clone, Debug, Subcommand)]
pub(super) enum Action {
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
        /// Name in lists until they sign in and set their own
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
pub(super) async fn run(loaded: &Loaded, action: Action, options: OutputOptions) -> anyhow::Result<()> {
    let store = match action {
        Action::List(_) | Action::Show { .. } => store::open_to_read(loaded).await?,
        _ => store::open(loaded).await?,
    };
    match action {
        Action::List(paging) => list(&store, paging, options).await,
        Action::Show { account } => show::run(&store, &account, options).await,
        Action::Create { email, name } => create(&store, email, name, options).await,
        Action::Disable { account } => disable(&store, &account, options).await,
        Action::Enable { account } => enable(&store, &account, options).await,
        Action::Delete { account } => delete(&store, &account, options).await,
    }
}

async fn list(store: &OpenStore, paging: Paging, options: OutputOptions) -> anyhow::Result<()> {
    let paged = store.stores.users.list(paging.page()).await?;
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
    Ok(paging.print(&paged, options, AccountOutput::from, (heading, row))?)
}

async fn create(
    store: &OpenStore,
    email: EmailAddress,
    name: Option<String>,
    options: OutputOptions,
) -> anyhow::Result<()> {
    let change = user::checked(&ProfileChange { name, ..ProfileChange::default() });
    let change = match change {
        Ok(change) => change,
        Err(errors) => {
            let sentences: Vec<_> = errors.iter().map(|(field, why)| format!("--{field} {why}")).collect();
            bail!("{}", sentences.join("; "))
        }
    };
    let now = request_context(store).now;
    let unproven = User::unproven(UserId::new(store.entropy.as_ref()), email, now);
    let (user, _) = unproven.with_profile(&change, now);
    match store.stores.users.open(&user).await? {
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
    Ok(options.print(&AccountOutput::from(&user), &text)?)
}

async fn disable(store: &OpenStore, account: &Account, options: OutputOptions) -> anyhow::Result<()> {
    let user = account.find(&store.stores).await?;
    let disabled =
        store.stores.users.disable(user.id, &request_context(store)).await?.with_context(|| gone(&user))?;
    let text = if user.is_enabled() {
        format!("{} is disabled, and every session of theirs is over.", user.email)
    } else {
        format!("{} was disabled already, at {}.", user.email, optional_instant(user.disabled_at))
    };
    Ok(options.print(&AccountOutput::from(&disabled), &text)?)
}

async fn enable(store: &OpenStore, account: &Account, options: OutputOptions) -> anyhow::Result<()> {
    let user = account.find(&store.stores).await?;
    let enabled =
        store.stores.users.enable(user.id, request_context(store).now).await?.with_context(|| gone(&user))?;
    let text = if user.is_enabled() {
        format!("{} was not disabled.", user.email)
    } else {
        format!("{} may sign in again.", user.email)
    };
    Ok(options.print(&AccountOutput::from(&enabled), &text)?)
}

async fn delete(store: &OpenStore, account: &Account, options: OutputOptions) -> anyhow::Result<()> {
    let user = account.find(&store.stores).await?;
    options.confirm(&format!(
        "The account of {} goes for good, with its sessions, passkeys, activity and memberships.",
        user.email
    ))?;
    match store.stores.users.delete(user.id, &WaitBudget::NONE).await? {
        Deletion::Deleted => {}
        Deletion::NotFound => bail!(gone(&user)),
        Deletion::LastOwner => bail!(
            "{} is the last owner of an organization: make somebody else one with \
             `keywright-server orgs add-member SLUG EMAIL --role owner` first",
            user.email
        ),
    }
    let text = format!("The account of {} is deleted.", user.email);
    Ok(options.print(&json!({"deleted": user.id}), &text)?)
}

fn request_context(store: &OpenStore) -> RequestContext {
    RequestContext::new(store.clock.as_ref(), store.entropy.as_ref(), None, ClientInfo::default())
}

fn gone(user: &User) -> String {
    format!("the account of {} was deleted meanwhile", user.email)
}
