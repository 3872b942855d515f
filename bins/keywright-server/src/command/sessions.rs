//! `keywright-server sessions`

use anyhow::bail;
use clap::{Args, Subcommand};
use keywright_domain::RequestContext;
use keywright_domain::activity::Event;
use keywright_domain::client_info::ClientInfo;
use keywright_domain::id::SessionId;
use keywright_domain::session::EndReason;
use keywright_domain::wait_budget::WaitBudget;
use serde_json::json;

use super::account::Account;
use super::output::OutputOptions;
use super::store::{self, OpenStore};
use crate::config::Loaded;

/// Sessions examined in one commit: few enough not to disturb a running server.
const BATCH: u32 = 100;

const EVERYBODY: &str = "Every session of every account ends: everybody has to sign in again.";

#[derive(Clone, Debug, Subcommand)]
pub(super) enum Action {
    /// End sessions: one, all of one account, or all there are
    ///
    /// Refresh tokens and cookies stop working at once, and with them the access tokens wherever this server is asked.
    /// Who verifies access tokens on their own takes them until they expire: `keys rotate --emergency` ends those too.
    ///
    /// After a restore from a backup use --all: sessions that had been ended since the backup live again.
    #[command(after_help = "\
Examples:
  keywright-server sessions revoke ada@example.com
  keywright-server sessions revoke 0198c0de-0000-7000-8000-000000000001
  keywright-server sessions revoke --all --yes")]
    Revoke(Target),
}

#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub(super) struct Target {
    /// The address or the id of an account, or the id of a session as `users show` names it
    #[arg(value_name = "EMAIL|ID")]
    whose: Option<Account>,
    /// Every session of every account
    #[arg(long)]
    all: bool,
}

/// Runs on the configured store, whether or not a server is running.
pub(super) async fn run(loaded: &Loaded, action: Action, options: OutputOptions) -> anyhow::Result<()> {
    let Action::Revoke(target) = action;
    let store = store::open(loaded).await?;
    let count = if let Some(named) = &target.whose {
        revoke(&store, named).await?
    } else {
        options.confirm(EVERYBODY)?;
        revoke_all(&store).await?
    };
    let text = match count {
        0 => "No session was live.".to_owned(),
        1 => "1 session is over.".to_owned(),
        more => format!("{more} sessions are over."),
    };
    Ok(options.print(&json!({"revoked": count}), &text)?)
}

async fn revoke(store: &OpenStore, named: &Account) -> anyhow::Result<u64> {
    let (sessions, at) = (store.stores.sessions.as_ref(), request_context(store));
    if let Some(user) = named.look_up(&store.stores).await? {
        return Ok(sessions.end_others(user.id, None, &at).await?.into());
    }
    let id = match named {
        Account::Email(email) => bail!("there is no account {email}: see `keywright-server users list`"),
        Account::Id(id) => SessionId(*id),
    };
    if sessions.find(id, &WaitBudget::NONE).await?.is_none() {
        bail!("there is no account and no session {id}: see `keywright-server users list` and `users show`");
    }
    Ok(sessions.end(id, EndReason::Ended, Event::SessionEnded, &at).await?.into())
}

/// Ends whatever is live, part by part.
async fn revoke_all(store: &OpenStore) -> anyhow::Result<u64> {
    let (mut count, mut after) = (0, None);
    loop {
        let ended = store.stores.sessions.end_some(after, BATCH, &request_context(store)).await?;
        count += u64::from(ended.count);
        if ended.last.is_none() {
            return Ok(count);
        }
        after = ended.last;
    }
}

fn request_context(store: &OpenStore) -> RequestContext {
    RequestContext::new(store.clock.as_ref(), store.entropy.as_ref(), None, ClientInfo::default())
}
