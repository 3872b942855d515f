use async_trait::async_trait;
use chrono::TimeDelta;
use keywright_domain::StoreError;
use keywright_domain::signing_key::SigningKey;
use keywright_domain::signing_key::port::SigningKeys;
use keywright_domain::wait_budget::WaitBudget;

use super::MemoryStore;

#[async_trait]
impl SigningKeys for MemoryStore {
    async fn list(&self, _: &WaitBudget) -> Result<Vec<SigningKey>, StoreError> {
        let mut keys = self.tables().signing_keys.clone();
        keys.sort_by_key(|key| (key.place.signs_from, key.place.created_at, key.kid.clone()));
        Ok(keys)
    }

    async fn add(&self, key: &SigningKey) -> Result<bool, StoreError> {
        let keys = &mut self.tables().signing_keys;
        let is_free = match &key.place.follows {
            None => keys.is_empty(),
            follows @ Some(before) => {
                keys.iter().any(|known| known.kid == *before)
                    && keys.iter().all(|known| known.place.follows != *follows)
            }
        };
        if is_free {
            keys.push(key.clone());
        }
        Ok(is_free)
    }

    async fn replace_all(&self, key: &SigningKey) -> Result<bool, StoreError> {
        let keys = &mut self.tables().signing_keys;
        keys.clear();
        keys.push(key.clone());
        Ok(true)
    }

    async fn lengthen(&self, kid: &str, token_lifetime: TimeDelta) -> Result<(), StoreError> {
        for key in self.tables().signing_keys.iter_mut().filter(|key| key.kid == kid) {
            key.token_lifetime = key.token_lifetime.max(token_lifetime);
        }
        Ok(())
    }

    async fn remove(&self, key: &SigningKey) -> Result<bool, StoreError> {
        let keys = &mut self.tables().signing_keys;
        let before = keys.len();
        keys.retain(|known| known.kid != key.kid || known.token_lifetime > key.token_lifetime);
        Ok(keys.len() < before)
    }

    async fn reseal(&self, key: &SigningKey, sealed: &[u8]) -> Result<bool, StoreError> {
        let keys = &mut self.tables().signing_keys;
        let judged = |known: &&mut SigningKey| {
            known.kid == key.kid && known.sealed_private_key == key.sealed_private_key
        };
        let found = keys.iter_mut().find(judged);
        Ok(found.map(|known| known.sealed_private_key = sealed.to_vec()).is_some())
    }
}
