//! `keywright-server secret`

use anyhow::Context;
use clap::Subcommand;
use keywright_domain::entropy::Entropy;
use keywright_domain::signing_key::SigningKey;
use keywright_domain::signing_key::port::SigningKeys;
use keywright_domain::wait_budget::WaitBudget;
use keywright_service::signing_key::reseal;
use serde_json::json;

use super::output::OutputOptions;
use super::store;
use crate::config::{Config, Loaded, LoadedSecret, SecretBytes, SecretFiles};
use crate::wiring;

const CONSEQUENCE: &str = "The secret before the present one is forgotten: sessions and links that were last \
                           renewed under it end.";

#[derive(Clone, Copy, Debug, Subcommand)]
pub(super) enum Action {
    /// Make a new secret; what was issued under the present one is accepted until it expires
    ///
    /// The present secret moves to the file beside it, whose name ends with `.previous`. Restart the server afterwards.
    /// With several, stop all of them first and give each both files before it starts: one that does not know the new
    /// secret refuses what another has issued under it. Run again after a failure, it goes on where it stopped.
    Rotate,
}

/// Outcome of a rotation.
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
pub(super) async fn run(loaded: &Loaded, action: Action, options: OutputOptions) -> anyhow::Result<()> {
    let Action::Rotate = action;
    let config = &loaded.config;
    let store = store::open(loaded).await?;
    let keys = store.stores.signing_keys.as_ref();
    let ask = || options.confirm(CONSEQUENCE);
    let rotated = rotate(config, keys, store.entropy.as_ref(), ask, &mut |_| Ok(())).await?;

    let (file, previous) = (&config.secret_file, config.previous_secret_file());
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
    Ok(options.print(&json, &text)?)
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
    let files = SecretFiles::lock(config)?;
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
    let known = keys.list(&WaitBudget::NONE).await?;
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::sync::Arc;

    use chrono::{DateTime, TimeDelta, Utc};
    use keywright_adapters::entropy::SystemEntropy;
    use keywright_adapters::jwt::JwtAccessTokens;
    use keywright_domain::Stores;
    use keywright_domain::credential::{Credential, Keyring, Kind};
    use keywright_domain::secret::ServerSecret;
    use keywright_store::memory::MemoryStore;
    use tempfile::TempDir;
    use uuid::Uuid;

    use super::*;

    struct Environment {
        folder: TempDir,
        config: Config,
        stores: Stores,
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    impl Environment {
        /// A server that has run: a secret in its file and two keys.
        async fn new() -> Self {
            let folder = TempDir::new().unwrap();
            let file = folder.path().join("secret").display().to_string();
            let config = Config::load(None, [("KEYWRIGHT_SECRET_FILE".to_owned(), file)]).unwrap().config;
            config.load_or_create_secret(|bytes| SystemEntropy.fill(bytes)).unwrap();
            let world = Self { folder, config, stores: Stores::of(Arc::new(MemoryStore::default())) };
            let keeper = wiring::key_keeper(&world.config, &world.secret()).unwrap();
            for ago in [TimeDelta::zero(), TimeDelta::days(30)] {
                keeper.keep(world.keys(), now() + ago - TimeDelta::minutes(10)).await.unwrap();
            }
            assert_eq!(world.keys().list(&WaitBudget::NONE).await.unwrap().len(), 2);
            world
        }

        fn keys(&self) -> &dyn SigningKeys {
            self.stores.signing_keys.as_ref()
        }

        fn secret(&self) -> LoadedSecret {
            self.config.load_secret().unwrap().unwrap()
        }

        fn file(&self) -> Vec<u8> {
            fs::read(self.folder.path().join("secret")).unwrap()
        }

        fn keyring(&self) -> Keyring {
            let secret = self.secret();
            let of = |bytes: &SecretBytes| ServerSecret::new(bytes.expose().clone()).unwrap();
            Keyring::new(&of(&secret.bytes), secret.previous.as_ref().map(of).as_ref()).unwrap()
        }

        fn issue(&self) -> Credential {
            self.keyring().issue(Kind::RefreshToken, Uuid::from_u128(1), 2)
        }

        fn accepts(&self, credential: &Credential) -> bool {
            self.keyring().parse(Kind::RefreshToken, credential.expose()).is_ok()
        }

        /// A server could start: every key opens.
        async fn starts(&self) {
            let keys = self.keys().list(&WaitBudget::NONE).await.unwrap();
            wiring::check_keys(&keys, &self.secret()).unwrap();
        }

        async fn rotate(
            &self,
            mut pass: impl FnMut(Moment) -> anyhow::Result<()>,
        ) -> anyhow::Result<Rotated> {
            rotate(&self.config, self.keys(), &SystemEntropy, || Ok(()), &mut pass).await
        }
    }

    /// The moments of a rotation of two keys, in their order.
    const MOMENTS: [Moment; 5] =
        [Moment::Proposed, Moment::PreviousKept, Moment::TakenOver, Moment::KeyResealed, Moment::KeyResealed];

    #[tokio::test]
    async fn a_rotation_passes_its_moments_and_the_keys_need_the_new_secret_only() {
        let world = Environment::new().await;
        let old = world.issue();
        let mut passed = Vec::new();

        let rotated = world.rotate(|moment| {
            passed.push(moment);
            Ok(())
        });

        assert_eq!(rotated.await.unwrap(), Rotated::Anew);
        assert_eq!(passed, MOMENTS);
        assert!(world.accepts(&old) && world.accepts(&world.issue()));
        let new = ServerSecret::new(world.secret().bytes.expose().clone()).unwrap();
        let keys = world.keys().list(&WaitBudget::NONE).await.unwrap();
        assert!(JwtAccessTokens::new(&keys, &[new], "", "").is_ok());
    }

    #[tokio::test]
    async fn what_was_issued_before_is_accepted_and_not_issued_any_more() {
        let world = Environment::new().await;
        let (old, digests) = (world.issue(), world.keyring().user_code_digests("BCDFGHJK"));
        let (link, code) = (Uuid::from_u128(9), world.keyring().sign_in_code(Uuid::from_u128(9)));

        world.rotate(|_| Ok(())).await.unwrap();

        assert!(world.accepts(&old));
        assert_ne!(world.issue().expose(), old.expose());
        assert_eq!(world.keyring().user_code_digests("BCDFGHJK").get(1), digests.first());
        assert!(world.keyring().is_sign_in_code(link, code.expose()));
    }

    #[tokio::test]
    async fn cut_short_at_any_moment_a_server_starts_and_the_next_run_goes_on() {
        for stop_at in 0..MOMENTS.len() {
            let world = Environment::new().await;
            let (old, first) = (world.issue(), world.file());
            let mut passed = 0;

            let cut = world.rotate(|_| {
                passed += 1;
                anyhow::ensure!(passed <= stop_at, "power is off");
                Ok(())
            });

            assert!(cut.await.is_err(), "{stop_at}");
            world.starts().await;
            assert!(world.accepts(&old), "{stop_at}");
            let meanwhile = world.issue();
            // The last key is resealed before the last moment: nothing is left to be completed.
            if stop_at + 1 < MOMENTS.len() {
                assert_eq!(world.rotate(|_| Ok(())).await.unwrap(), Rotated::Completed, "{stop_at}");
            }
            world.starts().await;
            assert!(world.accepts(&old) && world.accepts(&meanwhile), "{stop_at}");
            assert_ne!(world.file(), first);
            assert_eq!(fs::read(world.folder.path().join("secret.previous")).unwrap(), first, "{stop_at}");
            assert_eq!(names(world.folder.path()), ["secret", "secret.previous"], "{stop_at}");
        }
    }

    #[tokio::test]
    async fn a_server_that_starts_on_half_a_rotation_completes_the_resealing() {
        let world = Environment::new().await;
        let cut = |moment| {
            anyhow::ensure!(moment != Moment::TakenOver, "power is off");
            Ok(())
        };
        assert!(world.rotate(cut).await.is_err());

        let keeper = wiring::key_keeper(&world.config, &world.secret()).unwrap();
        keeper.keep(world.keys(), now() + TimeDelta::days(30)).await.unwrap();

        let new = ServerSecret::new(world.secret().bytes.expose().clone()).unwrap();
        let keys = world.keys().list(&WaitBudget::NONE).await.unwrap();
        assert!(JwtAccessTokens::new(&keys, &[new], "", "").is_ok());
    }

    #[tokio::test]
    async fn the_secret_before_the_previous_one_ends_and_only_after_it_was_asked() {
        let world = Environment::new().await;
        let old = world.issue();
        world.rotate(|_| Ok(())).await.unwrap();
        let (younger, file) = (world.issue(), world.file());

        let mut pass = |_| Ok(());
        let no = || anyhow::bail!("no");
        assert!(rotate(&world.config, world.keys(), &SystemEntropy, no, &mut pass).await.is_err());
        assert_eq!(world.file(), file);
        assert!(world.accepts(&old));

        assert_eq!(world.rotate(|_| Ok(())).await.unwrap(), Rotated::Anew);
        assert!(!world.accepts(&old) && world.accepts(&younger));
        world.starts().await;
    }

    #[tokio::test]
    async fn a_key_that_no_secret_opens_stops_a_rotation_before_it_begins() {
        let world = Environment::new().await;
        let key = world.keys().list(&WaitBudget::NONE).await.unwrap().remove(0);
        assert!(world.keys().reseal(&key, b"of another secret").await.unwrap());

        let refused = world.rotate(|_| Ok(())).await.unwrap_err().to_string();

        assert!(refused.contains(&key.kid) && refused.contains("cannot be opened"), "{refused}");
        assert_eq!(names(world.folder.path()), ["secret"]);
    }

    #[tokio::test]
    async fn of_two_rotations_at_once_one_is_refused() {
        let world = Environment::new().await;
        let mut inner = None;

        let outer = world.rotate(|_| {
            inner.get_or_insert_with(|| SecretFiles::lock(&world.config).map(|_| ()));
            Ok(())
        });

        outer.await.unwrap();
        assert!(inner.unwrap().unwrap_err().to_string().contains("by another command"));
        assert!(SecretFiles::lock(&world.config).is_ok());
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}
