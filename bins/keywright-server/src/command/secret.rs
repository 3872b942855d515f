//! `keywright-server secret`

use anyhow::Context;
use clap::Subcommand;
use keywright_domain::entropy::Entropy;
use keywright_domain::signing_key::SigningKey;
use keywright_domain::signing_key::flow::reseal;
use keywright_domain::signing_key::port::SigningKeys;
use serde_json::json;

use super::output::Manner;
use super::store;
use crate::config::{Config, Loaded, LoadedSecret, SecretBytes, SecretFiles};
use crate::wiring;

const CONSEQUENCE: &str = "The secret before the present one is forgotten: sessions and links that were last \
                           renewed under it end.";

#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a new secret; what was issued under the present one is accepted until it expires
    ///
    /// The present secret moves to the file beside it, whose name ends with `.previous`. Restart every server
    /// afterwards; with several, give all of them both files first. Run again after a failure, it goes on where
    /// it stopped.
    Rotate,
}

/// What a rotation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rotated {
    /// There is a new secret.
    Anew,
    /// A rotation that was cut short is complete now.
    Completed,
}

/// A moment between two steps, at which a rotation may be cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Proposed,
    PreviousKept,
    TakenOver,
    KeyResealed,
}

/// Runs on the configured files and store, whether or not a server is running.
pub(super) async fn run(loaded: &Loaded, verb: Verb, manner: Manner) -> anyhow::Result<()> {
    let Verb::Rotate = verb;
    let config = &loaded.config;
    let opened = store::open(loaded).await?;
    let keys = opened.stores.signing_keys.as_ref();
    let ask = || manner.confirm(CONSEQUENCE);
    let rotated = rotate(config, keys, opened.entropy.as_ref(), ask, &mut |_| Ok(())).await?;

    let (file, previous) = (&config.secret.file, config.secret.previous_file());
    let json = json!({
        "rotated": true,
        "completed_earlier_rotation": rotated == Rotated::Completed,
        "secret_file": file,
        "previous_file": previous,
    });
    let done = match rotated {
        Rotated::Anew => "There is a new secret in",
        Rotated::Completed => "A rotation that was cut short is complete: the new secret is in",
    };
    let text = format!(
        "{done} {}; the one before is in {}.\nRestart every server: until then they issue under the one before, \
         which is accepted.",
        file.display(),
        previous.display(),
    );
    Ok(manner.print(&json, &text)?)
}

/// Rotates the secret, or completes a rotation that was cut short; `ask` is called before anything ends.
/// `pass` is called between the steps: a server can start at each of these moments.
async fn rotate(
    config: &Config,
    keys: &dyn SigningKeys,
    entropy: &dyn Entropy,
    ask: impl FnOnce() -> anyhow::Result<()>,
    pass: &mut dyn FnMut(Moment) -> anyhow::Result<()>,
) -> anyhow::Result<Rotated> {
    let files = SecretFiles::lock(&config.secret)?;
    let secret = config.load_secret()?.context("there is no secret to rotate")?;
    let was_proposed = files.proposed()?.is_some();
    if !was_proposed {
        // Keys under the secret that is about to be forgotten would be lost with it.
        let resealed = reseal_all(config, &secret, keys, pass).await?;
        if resealed > 0 {
            return Ok(Rotated::Completed);
        }
        if secret.previous.is_some() {
            ask()?;
        }
    }
    let proposed = files.propose(|bytes| entropy.fill(bytes))?;
    pass(Moment::Proposed)?;
    files.keep_as_previous(&secret.bytes)?;
    pass(Moment::PreviousKept)?;
    files.take_over()?;
    pass(Moment::TakenOver)?;
    reseal_all(config, &successor(proposed, secret), keys, pass).await?;
    Ok(if was_proposed { Rotated::Completed } else { Rotated::Anew })
}

fn successor(proposed: SecretBytes, before: LoadedSecret) -> LoadedSecret {
    LoadedSecret { bytes: proposed, previous: Some(before.bytes), created: None, warnings: Vec::new() }
}

/// Seals every key under the secret, and says how many were not. Fails for a key that no secret opens: it would be
/// lost for good.
async fn reseal_all(
    config: &Config,
    secret: &LoadedSecret,
    keys: &dyn SigningKeys,
    pass: &mut dyn FnMut(Moment) -> anyhow::Result<()>,
) -> anyhow::Result<usize> {
    let keeper = wiring::key_keeper(config, secret)?;
    let mut resealed = 0;
    let known = keys.list().await?;
    wiring::check_keys(&known, secret)?;
    for key in known.iter().map(std::slice::from_ref::<SigningKey>) {
        let count = reseal(keys, keeper.maker.as_ref(), key).await?.len();
        if count > 0 {
            resealed += count;
            pass(Moment::KeyResealed)?;
        }
    }
    Ok(resealed)
}
