//! `keywright-server mail`

use anyhow::bail;
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use keywright_adapters::clock::SystemClock;
use keywright_domain::clock::{Clock, to_stored_precision};
use keywright_domain::id::MailId;
use keywright_domain::mail::port::Mails;
use keywright_domain::mail::{Mail, MailState, Template};
use keywright_web::time::Timestamp;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::output::{OutputOptions, instant, optional_instant, table};
use crate::config::Loaded;
use crate::store;

/// Dead letters requeued in one batch.
const BATCH: u32 = 100;

#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum Action {
    /// List mail, the newest first; what it says is not shown
    List {
        /// Only dead letters: those that were refused for good, or tried for most of a day
        #[arg(long)]
        dead: bool,
        /// At most so many
        #[arg(long, default_value_t = 100, value_name = "NUMBER")]
        limit: u32,
    },
    /// Have dead letters tried again, at once and as often as at first
    ///
    /// Mail that is no longer worth sending, such as an expired link, is dropped when its turn comes.
    Requeue(Target),
}

#[derive(Args, Clone, Copy, Debug)]
#[group(required = true, multiple = false)]
pub(super) struct Target {
    /// The dead letter, as `mail list --dead` names it
    id: Option<Uuid>,
    /// Every dead letter there is
    #[arg(long)]
    all: bool,
}

/// Runs on the configured store, whether or not a server is running.
pub(super) async fn run(loaded: &Loaded, action: Action, options: OutputOptions) -> anyhow::Result<()> {
    super::warn(loaded);
    let database = &loaded.config.database;
    let stores = match action {
        Action::List { .. } => store::open_unchanged(database).await?,
        Action::Requeue(_) => store::open(database).await?,
    };
    let mails = stores.mails.as_ref();
    match action {
        Action::List { dead: true, limit } => Ok(print_list(&mails.list_dead(limit).await?, options)?),
        Action::List { dead: false, limit } => Ok(print_list(&mails.newest(limit).await?, options)?),
        Action::Requeue(target) => {
            if target.all {
                options.confirm("Every dead letter is sent to its recipient, however old it is.")?;
            }
            let count = requeue(mails, target, to_stored_precision(SystemClock.now())).await?;
            let plural = if count == 1 { "letter is" } else { "letters are" };
            Ok(options.print(&json!({"requeued": count}), &format!("{count} dead {plural} due again."))?)
        }
    }
}

async fn requeue(mails: &dyn Mails, target: Target, now: DateTime<Utc>) -> anyhow::Result<usize> {
    if let Some(id) = target.id {
        if !mails.requeue(MailId(id), now).await? {
            bail!("{id} is no dead letter: see `keywright-server mail list --dead`");
        }
        return Ok(1);
    }
    let mut count = 0;
    loop {
        let before = count;
        for mail in mails.list_dead(BATCH).await? {
            count += usize::from(mails.requeue(mail.id, now).await?);
        }
        if count == before {
            return Ok(count);
        }
    }
}

fn print_list(mails: &[Mail], options: OutputOptions) -> std::io::Result<()> {
    let output = MailList { data: mails.iter().map(Into::into).collect() };
    let row = |mail: &Mail| {
        let (state, at) = state(mail.state);
        [
            mail.id.to_string(),
            mail.to.to_string(),
            template(mail.template).to_owned(),
            state.to_owned(),
            mail.attempts.to_string(),
            instant(mail.created_at),
            optional_instant(Some(at)),
        ]
    };
    let heading = ["id", "to", "about", "state", "attempts", "created", "since"];
    options.print(&output, &table(heading, mails.iter().map(row)))
}

#[derive(Serialize)]
struct MailList {
    data: Vec<MailOutput>,
}

/// A mail without its text.
#[derive(Serialize)]
struct MailOutput {
    id: MailId,
    to: String,
    template: &'static str,
    state: &'static str,
    attempts: u32,
    created_at: Timestamp,
    state_at: Timestamp,
}

impl From<&Mail> for MailOutput {
    fn from(mail: &Mail) -> Self {
        let (state, at) = state(mail.state);
        Self {
            id: mail.id,
            to: mail.to.to_string(),
            template: template(mail.template),
            state,
            attempts: mail.attempts,
            created_at: Timestamp(mail.created_at),
            state_at: Timestamp(at),
        }
    }
}

const fn template(template: Template) -> &'static str {
    match template {
        Template::MagicLink(_) => "magic_link",
        Template::DeviceApproved(_) => "device_approved",
        Template::EmailChangeAsked(_) => "email_change_asked",
        Template::EmailChanged(_) => "email_changed",
        Template::Passkey(_) => "passkey",
        Template::RefreshReuse(_) => "refresh_reuse",
    }
}

/// The state, and since when or from when on.
const fn state(state: MailState) -> (&'static str, DateTime<Utc>) {
    match state {
        MailState::Due(at) => ("due", at),
        MailState::Sent(at) => ("sent", at),
        MailState::Dead(at) => ("dead", at),
        MailState::Dropped(at) => ("dropped", at),
    }
}
