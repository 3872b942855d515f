//! `keywright-server keys`

use chrono::{DateTime, Utc};
use clap::Subcommand;
use keywright_adapters::entropy::SystemEntropy;
use keywright_domain::entropy::Entropy;
use keywright_domain::signing_key::SigningKey;
use keywright_domain::signing_key::schedule::{Scheduled, SigningKeyState, schedule};
use keywright_service::signing_key::{Rotated, replace_all, rotate};
use serde_json::{Value as Json, json};

use super::output::{OutputOptions, instant, optional_instant, table};
use super::store::{self, OpenStore};
use crate::config::Loaded;
use crate::key_worker::KeyKeeper;
use crate::wiring;

const CONSEQUENCE: &str = "Every access token ends at once, for every server and for whoever verifies tokens \
                           once their copy of the key set is five minutes old. Sessions go on: clients renew \
                           their tokens with their refresh tokens.";

#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum Action {
    /// List the keys: which signs, which is next, and how long those before are still published
    List,
    /// Publish a new key now; it signs when every verifier knows it
    ///
    /// Servers do this by themselves, every `tokens.key_rotation`. Nothing that was signed before ends.
    Rotate {
        /// The keys may be known to somebody: drop them all, and sign with a new one at once
        ///
        /// Every access token ends. Sessions go on: clients renew their tokens with their refresh tokens.
        #[arg(long)]
        emergency: bool,
    },
}

/// Runs on the configured store; servers that are running follow within a second or two.
pub(super) async fn run(loaded: &Loaded, action: Action, options: OutputOptions) -> anyhow::Result<()> {
    match action {
        Action::List => {
            let store = store::open_to_read(loaded).await?;
            let keys = store.stores.signing_keys.list().await?;
            Ok(print_list(&keys, store.clock.now(), options)?)
        }
        Action::Rotate { emergency: true } => {
            let store = store::open(loaded).await?;
            options.confirm(CONSEQUENCE)?;
            emergency(&keeper(loaded)?, &store, options).await
        }
        Action::Rotate { emergency: false } => {
            let store = store::open(loaded).await?;
            in_turn(&keeper(loaded)?, &store, options).await
        }
    }
}

fn keeper(loaded: &Loaded) -> anyhow::Result<KeyKeeper> {
    let secret = loaded.config.load_or_create_secret(|bytes| SystemEntropy.fill(bytes))?;
    wiring::key_keeper(&loaded.config, &secret)
}

async fn emergency(keeper: &KeyKeeper, store: &OpenStore, options: OutputOptions) -> anyhow::Result<()> {
    let keys = store.stores.signing_keys.as_ref();
    let replaced = replace_all(keys, keeper.maker.as_ref(), &keeper.rules, store.clock.now()).await?;
    let Some(key) = replaced else {
        anyhow::bail!("somebody else replaced the keys at the same moment: see `keywright-server keys list`")
    };
    let text = format!("{} signs from now on; every other key is gone.", key.kid);
    Ok(options.print(&json!({"key": about_new(&key), "emergency": true}), &text)?)
}

async fn in_turn(keeper: &KeyKeeper, store: &OpenStore, options: OutputOptions) -> anyhow::Result<()> {
    let keys = store.stores.signing_keys.as_ref();
    let rotated = rotate(keys, keeper.maker.as_ref(), &keeper.rules, store.clock.now()).await?;
    let (key, is_new) = match &rotated {
        Rotated::Made(key) => (key, true),
        Rotated::UnderWay(key) => (key, false),
    };
    let (kid, signs_from) = (&key.kid, instant(key.place.signs_from));
    let text = if is_new {
        format!("{kid} is published, and signs from {signs_from} on.")
    } else {
        format!("A rotation is under way already: {kid} is published, and signs from {signs_from} on.")
    };
    Ok(options.print(&json!({"key": about_new(key), "made": is_new}), &text)?)
}

fn about_new(key: &SigningKey) -> Json {
    json!({"kid": key.kid, "algorithm": key.algorithm.as_str(), "signs_from": instant(key.place.signs_from)})
}

fn print_list(keys: &[SigningKey], now: DateTime<Utc>, options: OutputOptions) -> std::io::Result<()> {
    let mut scheduled = schedule(keys, now);
    scheduled.reverse();
    let json = json!({"keys": scheduled.iter().map(about).collect::<Vec<_>>()});
    let row = |scheduled: &Scheduled<'_>| {
        [
            scheduled.key.kid.clone(),
            scheduled.key.algorithm.as_str().to_owned(),
            scheduled.state.as_str().to_owned(),
            instant(scheduled.key.place.created_at),
            instant(scheduled.key.place.signs_from),
            optional_instant(scheduled.signs_until),
            optional_instant(scheduled.expires_at),
        ]
    };
    let heading = ["kid", "algorithm", "state", "published", "signs from", "signs until", "removed"];
    let mut text = table(heading, scheduled.iter().map(row));
    if !scheduled.iter().any(|key| key.state == SigningKeyState::Current) {
        text.push_str("There is no key yet: a server makes one when it starts.\n");
    }
    options.print(&json, &text)
}

fn about(scheduled: &Scheduled<'_>) -> Json {
    json!({
        "kid": scheduled.key.kid,
        "algorithm": scheduled.key.algorithm.as_str(),
        "state": scheduled.state.as_str(),
        "created_at": instant(scheduled.key.place.created_at),
        "signs_from": instant(scheduled.key.place.signs_from),
        "signs_until": scheduled.signs_until.map(instant),
        "expires_at": scheduled.expires_at.map(instant),
    })
}
