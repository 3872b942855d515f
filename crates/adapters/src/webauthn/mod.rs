//! WebAuthn Level 3 by webauthn-rs.
//!
//! The library leaves some things to its callers, and here they are done: what it verifies an answer by is taken
//! once (the store does that), the counter is judged by the domain, a credential id is new (the store again), and
//! `answer` checks what it does not look at.

mod answer;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_domain::id::UserId;
use keywright_domain::passkey::port::{
    Attested, CeremonyFailed, Claimed, NotVerified, Started, Webauthn as Port,
};
use keywright_domain::passkey::{Assertion, CredentialId, Passkey, Transports, ceremony};
use keywright_domain::user::User;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use url::Url;
use uuid::Uuid;
use webauthn_rs::prelude::{
    AttestationFormat, Credential, DiscoverableAuthentication, ParsedAttestation, Passkey as Key,
    PasskeyRegistration, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// The relying party (WebAuthn §4): who passkeys are made for and verified by.
pub struct RelyingParty {
    library: Webauthn,
    rp_id: String,
    origins: Vec<String>,
}

/// The relying party cannot be: its id is not the domain of its origins, nor one above it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "passkeys of {rp_id} cannot be used on {origin}: set webauthn.rp_id to its host or a domain above it"
)]
pub struct CannotBe {
    rp_id: String,
    origin: String,
}

impl RelyingParty {
    /// The relying party `rp_id`, which authenticators show as `name`, on the pages of `origins`. Their default
    /// ports may be written or left out.
    pub fn new(rp_id: &str, name: &str, origins: &[Url]) -> Result<Self, CannotBe> {
        let cannot_be = |origin: &str| CannotBe { rp_id: rp_id.to_owned(), origin: origin.to_owned() };
        let (first, others) = origins.split_first().ok_or_else(|| cannot_be("no origin"))?;
        for origin in origins {
            WebauthnBuilder::new(rp_id, origin).map_err(|_| cannot_be(origin.as_str()))?;
        }
        let builder = WebauthnBuilder::new(rp_id, first).map_err(|_| cannot_be(first.as_str()))?;
        let lifetime = ceremony::LIFETIME.to_std().unwrap_or(Duration::from_mins(5));
        let builder = builder.rp_name(name).timeout(lifetime);
        let builder = others.iter().fold(builder, WebauthnBuilder::append_allowed_origin);
        let library = builder.build().map_err(|_| cannot_be(first.as_str()))?;
        let origins = origins.iter().map(|origin| origin.origin().ascii_serialization()).collect();
        Ok(Self { library, rp_id: rp_id.to_owned(), origins })
    }
}

impl fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelyingParty").field("origins", &self.origins).finish_non_exhaustive()
    }
}

impl Port for RelyingParty {
    fn rp_id(&self) -> &str {
        &self.rp_id
    }

    fn origins(&self) -> &[String] {
        &self.origins
    }

    fn begin_registration(&self, user: &User, existing: &[Passkey]) -> Result<Started, CeremonyFailed> {
        let email = user.email.as_str();
        let shown = user.profile.name.as_deref().unwrap_or(email);
        // The library would refuse an excluded credential with a misleading error; the store knows them all.
        let begun = self.library.start_passkey_registration(user.id.0, email, shown, None);
        let (options, state) = begun.map_err(|error| CeremonyFailed(error.to_string()))?;
        let mut public_key = object(&options.public_key)?;
        let wanted = json!({
            "authenticatorSelection": {
                "residentKey": "required", "requireResidentKey": true, "userVerification": "required",
            },
            "excludeCredentials": existing.iter().map(descriptor).collect::<Vec<_>>(),
            "extensions": {
                "credProps": true,
                "credentialProtectionPolicy": "userVerificationRequired",
                "enforceCredentialProtectionPolicy": false,
            },
        });
        if let Value::Object(wanted) = wanted {
            public_key.extend(wanted);
        }
        Ok(Started { public_key: Value::Object(public_key), state: text(&state)? })
    }

    fn finish_registration(&self, state: &str, credential: &Value) -> Result<Attested, NotVerified> {
        let state: PasskeyRegistration = read(state)?;
        let answer = answer::registration(credential)?;
        let aaguid = answer.aaguid;
        let key = self
            .library
            .finish_passkey_registration(&answer.credential, &state)
            .map_err(|error| refused(&error))?;
        let verified = Credential::from(key);
        if verified.cred_id != answer.credential.raw_id {
            return Err(NotVerified("the credential id is not the attested one".to_owned()));
        }
        let (counter, backup_eligible, backed_up) =
            (verified.counter, verified.backup_eligible, verified.backup_state);
        let credential_id = CredentialId(verified.cred_id.clone());
        // The domain judges the counter, so the library must not; and nobody asked for an attestation.
        let kept = Credential {
            counter: 0,
            attestation: ParsedAttestation::default(),
            attestation_format: AttestationFormat::None,
            ..verified
        };
        let data = text(&Key::from(kept)).map_err(|error| NotVerified(error.to_string()))?;
        let transports = Transports::new(answer.transports.iter().map(String::as_str));
        Ok(Attested { credential_id, data, counter, backup_eligible, backed_up, transports, aaguid })
    }

    fn begin_sign_in(&self) -> Result<Started, CeremonyFailed> {
        let begun = self.library.start_discoverable_authentication();
        let (options, state) = begun.map_err(|error| CeremonyFailed(error.to_string()))?;
        // Its mediation would only do for conditional UI, and its extension is one that browsers do not have.
        let mut public_key = object(&options.public_key)?;
        public_key.remove("extensions");
        Ok(Started { public_key: Value::Object(public_key), state: text(&state)? })
    }

    fn claimed(&self, credential: &Value) -> Result<Claimed, NotVerified> {
        let answer = answer::sign_in(credential)?;
        let handle = answer.response.user_handle.as_deref().unwrap_or_default();
        let user =
            Uuid::from_slice(handle).map_err(|_| NotVerified("the user handle is none of ours".into()))?;
        Ok(Claimed { user_id: UserId(user), credential_id: CredentialId(answer.raw_id) })
    }

    fn finish_sign_in(
        &self,
        state: &str,
        passkey: &Passkey,
        credential: &Value,
    ) -> Result<Assertion, NotVerified> {
        let state: DiscoverableAuthentication = read(state)?;
        let key: Key = read(&passkey.data)?;
        let answer = answer::sign_in(credential)?;
        let verified = self
            .library
            .finish_discoverable_authentication_v2(&answer, state, &key)
            .map_err(|error| refused(&error))?;
        if verified.backup_eligible() != passkey.backup_eligible {
            return Err(NotVerified("the backup eligibility has changed".to_owned()));
        }
        Ok(Assertion { counter: verified.counter(), backed_up: verified.backup_state() })
    }
}

/// Descriptor of an existing passkey for a browser (§5.8.3).
fn descriptor(passkey: &Passkey) -> Value {
    json!({
        "type": "public-key",
        "id": URL_SAFE_NO_PAD.encode(&passkey.credential_id.0),
        "transports": passkey.transports.words(),
    })
}

fn object(options: &impl Serialize) -> Result<Map<String, Value>, CeremonyFailed> {
    match serde_json::to_value(options) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(CeremonyFailed("the options are no object".to_owned())),
        Err(error) => Err(CeremonyFailed(error.to_string())),
    }
}

fn text(state: &impl Serialize) -> Result<String, CeremonyFailed> {
    serde_json::to_string(state).map_err(|error| CeremonyFailed(error.to_string()))
}

/// Reads the output of [`text`].
fn read<T: DeserializeOwned>(text: &str) -> Result<T, NotVerified> {
    serde_json::from_str(text)
        .map_err(|error| NotVerified(format!("what was stored cannot be read: {error}")))
}

fn refused(error: &WebauthnError) -> NotVerified {
    NotVerified(error.to_string())
}
