use async_trait::async_trait;
use keywright_domain::StoreError;
use keywright_domain::signing_key::SigningKey;
use keywright_domain::signing_key::port::SigningKeys;

use super::MemoryStore;

#[async_trait]
impl SigningKeys for MemoryStore {
    async fn list(&self) -> Result<Vec<SigningKey>, StoreError> {
        Ok(self.tables().signing_keys.clone())
    }

    async fn ensure(&self, first: &SigningKey) -> Result<Vec<SigningKey>, StoreError> {
        let mut tables = self.tables();
        if tables.signing_keys.is_empty() {
            tables.signing_keys.push(first.clone());
        }
        Ok(tables.signing_keys.clone())
    }
}
