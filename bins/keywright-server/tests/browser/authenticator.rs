//! A virtual authenticator (WebAuthn §11): built into the browser's machine, with an owner who is present at
//! every request. It follows the Signal API (§5.1.10).

use serde_json::{Value, json};
use thirtyfour::WebDriver;

use crate::browser::{Browser, LOOKS, PAUSE};

/// The authenticator of a browser.
pub struct Authenticator {
    driver: WebDriver,
    id: String,
}

impl Authenticator {
    /// Adds an authenticator to `browser`.
    pub async fn new(browser: &Browser) -> Self {
        let page = browser.driver.cdp();
        page.send_raw("WebAuthn.enable", json!({"enableUI": false})).await.unwrap();
        let options = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserVerified": true, "automaticPresenceSimulation": true, "defaultBackupEligibility": true,
        });
        let added =
            page.send_raw("WebAuthn.addVirtualAuthenticator", json!({"options": options})).await.unwrap();
        Self { driver: browser.driver.clone(), id: added["authenticatorId"].as_str().unwrap().to_owned() }
    }

    async fn told(&self, command: &str, mut fields: Value) -> Value {
        fields["authenticatorId"] = json!(self.id);
        self.driver.cdp().send_raw(&format!("WebAuthn.{command}"), fields).await.unwrap()
    }

    /// Returns the stored passkeys.
    pub async fn passkeys(&self) -> Vec<Value> {
        let held = self.told("getCredentials", json!({})).await;
        held["credentials"].as_array().unwrap().clone()
    }

    /// Sets the presence of its owner.
    pub async fn owner_is_there(&self, is_there: bool) {
        self.told("setAutomaticPresenceSimulation", json!({"enabled": is_there})).await;
    }

    /// Sets whether its owner is recognised.
    pub async fn owner_is_recognised(&self, is_recognised: bool) {
        self.told("setUserVerified", json!({"isUserVerified": is_recognised})).await;
    }

    /// Waits until it holds `count` passkeys.
    pub async fn holds(&self, count: usize) {
        for _ in 0..LOOKS {
            if self.passkeys().await.len() == count {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("{count} passkeys were not to be: {:?}", self.passkeys().await);
    }
}
