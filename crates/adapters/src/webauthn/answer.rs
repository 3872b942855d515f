//! A browser's answer in the library's form, after the checks that the library leaves out.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_domain::passkey::port::NotVerified;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;
use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential};

/// The most bytes that a credential id may have (§4).
const LONGEST_ID: usize = 1023;

/// An answer to a registration.
pub(super) struct Registration {
    pub(super) credential: RegisterPublicKeyCredential,
    /// Nobody vouches for them: they are hints of the browser.
    pub(super) transports: Vec<String>,
    pub(super) aaguid: Uuid,
}

/// The parts of the client data (§5.8.1) that the library does not always look at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    cross_origin: Option<bool>,
    top_origin: Option<Value>,
}

/// The attestation object (§6.5.4).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttestationObject<'a> {
    fmt: &'a str,
    att_stmt: serde_cbor_2::Value,
    auth_data: &'a [u8],
}

/// Reads an answer to a registration.
pub(super) fn registration(credential: &Value) -> Result<Registration, NotVerified> {
    let mut fields = checked(credential)?;
    let transports = match response(&mut fields).and_then(|response| response.remove("transports")) {
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect(),
        _ => Vec::new(),
    };
    let credential: RegisterPublicKeyCredential = parse(fields)?;
    check_id(&credential.id, &credential.raw_id)?;
    check_client_data(&credential.response.client_data_json)?;
    let object: AttestationObject<'_> = serde_cbor_2::from_slice(&credential.response.attestation_object)
        .map_err(|error| NotVerified(format!("the attestation object cannot be read: {error}")))?;
    let is_empty = matches!(&object.att_stmt, serde_cbor_2::Value::Map(map) if map.is_empty());
    if object.fmt == "none" && !is_empty {
        return Err(NotVerified("an attestation of the format none has a statement".to_owned()));
    }
    // §6.1: the hash of the rp_id (32), the flags (1), the counter (4), then the AAGUID.
    let aaguid = object.auth_data.get(37..53).and_then(|bytes| Uuid::from_slice(bytes).ok());
    let aaguid = aaguid.ok_or_else(|| NotVerified("the authenticator data is too short".to_owned()))?;
    Ok(Registration { credential, transports, aaguid })
}

/// Reads an answer to a sign-in.
pub(super) fn sign_in(credential: &Value) -> Result<PublicKeyCredential, NotVerified> {
    let credential: PublicKeyCredential = parse(checked(credential)?)?;
    check_id(&credential.id, &credential.raw_id)?;
    check_client_data(&credential.response.client_data_json)?;
    Ok(credential)
}

/// The fields that count. The results of client extensions are unsigned and nothing here depends on them, so
/// they are left out, whatever they look like.
fn checked(credential: &Value) -> Result<Map<String, Value>, NotVerified> {
    let Value::Object(fields) = credential else {
        return Err(NotVerified("the credential is no object".to_owned()));
    };
    if fields.get("type").and_then(Value::as_str) != Some("public-key") {
        return Err(NotVerified("the credential is not of the type public-key".to_owned()));
    }
    let counts = |name: &str| matches!(name, "id" | "rawId" | "type" | "response");
    Ok(fields
        .iter()
        .filter(|(name, _)| counts(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect())
}

fn response(fields: &mut Map<String, Value>) -> Option<&mut Map<String, Value>> {
    fields.get_mut("response").and_then(Value::as_object_mut)
}

fn parse<T: serde::de::DeserializeOwned>(fields: Map<String, Value>) -> Result<T, NotVerified> {
    serde_json::from_value(Value::Object(fields))
        .map_err(|error| NotVerified(format!("the credential cannot be read: {error}")))
}

/// Step 5 of §7.2 looks a passkey up by `id`, the library by `rawId`: they must say the same.
fn check_id(id: &str, raw_id: &[u8]) -> Result<(), NotVerified> {
    if raw_id.is_empty() || raw_id.len() > LONGEST_ID {
        return Err(NotVerified("the credential id is empty or too long".to_owned()));
    }
    if id == URL_SAFE_NO_PAD.encode(raw_id) {
        return Ok(());
    }
    Err(NotVerified("id and rawId differ".to_owned()))
}

/// The pages of this server are never in somebody else's frame, so an answer out of one is not theirs (§13.4.9).
fn check_client_data(json: &[u8]) -> Result<(), NotVerified> {
    let data: ClientData = serde_json::from_slice(json)
        .map_err(|error| NotVerified(format!("the client data cannot be read: {error}")))?;
    if data.cross_origin == Some(true) || data.top_origin.is_some_and(|origin| !origin.is_null()) {
        return Err(NotVerified("the answer comes out of a frame of another origin".to_owned()));
    }
    Ok(())
}
