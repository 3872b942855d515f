//! Software authenticators: one of a maintained crate for the regular path, and one that a test can make send
//! anything.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::aws_lc_rs::AwsLcRsBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use passkey::types::webauthn::{CredentialCreationOptions, CredentialRequestOptions};
use serde_json::{Value, json};
use url::Url;
use uuid::{Uuid, uuid};

/// The authenticator model of [`Forger`]: 1Password.
pub const AAGUID: Uuid = uuid!("bada5566-a7aa-401f-bd96-45619a55120d");

/// The flags of §6.1.
pub const USER_PRESENT: u8 = 0x01;
pub const USER_VERIFIED: u8 = 0x04;
pub const BACKUP_ELIGIBLE: u8 = 0x08;
pub const BACKED_UP: u8 = 0x10;
const ATTESTED: u8 = 0x40;

struct Present;

#[async_trait::async_trait]
impl UserValidationMethod for Present {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _: UiHint<'a, Passkey>,
        _: bool,
        _: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence: true, verification: true })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// A browser with an authenticator that holds one passkey, on the page `origin`.
pub struct Browser {
    origin: Url,
    passkey: Option<Passkey>,
}

impl Browser {
    pub fn on(origin: &str) -> Self {
        Self { origin: Url::parse(origin).unwrap(), passkey: None }
    }

    /// `navigator.credentials.create()`, as JSON from end to end.
    pub async fn create(&mut self, challenge: &Value) -> Value {
        let options: CredentialCreationOptions =
            serde_json::from_value(json!({"publicKey": challenge["publicKey"]})).unwrap();
        let authenticator = Authenticator::new(Aaguid::new_empty(), None, Present, AwsLcRsBackend);
        let mut client = Client::new(authenticator).allows_insecure_localhost(true);
        let created = client.register(&self.origin, options, DefaultClientData).await.unwrap();
        self.passkey = client.authenticator_mut().store_mut().take();
        serde_json::to_value(created).unwrap()
    }

    /// `navigator.credentials.get()`, as JSON from end to end.
    pub async fn get(&mut self, challenge: &Value) -> Value {
        let mut public_key = challenge["publicKey"].clone();
        // The crate fails on an empty list.
        public_key.as_object_mut().unwrap().remove("allowCredentials");
        let options: CredentialRequestOptions =
            serde_json::from_value(json!({"publicKey": public_key})).unwrap();
        let passkey = self.passkey.take();
        let authenticator = Authenticator::new(Aaguid::new_empty(), passkey, Present, AwsLcRsBackend);
        let mut client = Client::new(authenticator).allows_insecure_localhost(true);
        let got = client.authenticate(&self.origin, options, DefaultClientData).await.unwrap();
        self.passkey = client.authenticator_mut().store_mut().take();
        serde_json::to_value(got).unwrap()
    }
}

/// An authenticator that holds one passkey and sends what a test tells it to.
pub struct Forger {
    key: EcdsaKeyPair,
    /// The credential id.
    pub id: Vec<u8>,
    /// The user handle of the owner.
    pub user_handle: Vec<u8>,
    origin: String,
}

/// An alteration of an otherwise valid answer.
pub type Change<'a> = Box<dyn Fn(&mut Says) + 'a>;

/// The contents of one answer.
#[derive(Clone, Debug)]
pub struct Says {
    pub kind: &'static str,
    pub challenge: String,
    pub origin: String,
    pub client_data: Value,
    pub rp_id: String,
    pub flags: u8,
    pub counter: u32,
    pub id: Vec<u8>,
    pub user_handle: Option<Vec<u8>>,
    pub format: &'static str,
    /// CBOR.
    pub statement: Vec<u8>,
    /// CBOR; `None` stands for the genuine key.
    pub public_key: Option<Vec<u8>>,
    /// Bytes appended to the attestation object.
    pub tail: Vec<u8>,
    pub transports: Value,
}

impl Forger {
    /// Returns an authenticator with a new key, in a browser on `origin`.
    pub fn on(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let id = digest(&SHA256, key.public_key().as_ref()).as_ref().to_vec();
        Self { key, id, user_handle: vec![], origin: origin.to_owned() }
    }

    /// Returns the answer to a registration.
    pub fn create(&mut self, challenge: &Value) -> Value {
        self.create_with(challenge, |_| {})
    }

    /// Returns the answer to a registration, altered by `change`.
    pub fn create_with(&mut self, challenge: &Value, change: impl FnOnce(&mut Says)) -> Value {
        let user = challenge["publicKey"]["user"]["id"].as_str();
        if let Some(user) = user {
            self.user_handle = BASE64.decode(user).unwrap();
        }
        let mut says = self.says("webauthn.create", challenge);
        challenge["publicKey"]["rp"]["id"].as_str().unwrap_or("localhost").clone_into(&mut says.rp_id);
        says.flags |= ATTESTED;
        change(&mut says);

        let mut data = authenticator_data(&says);
        data.extend_from_slice(AAGUID.as_bytes());
        data.extend_from_slice(&u16::try_from(says.id.len()).unwrap().to_be_bytes());
        data.extend_from_slice(&says.id);
        data.extend_from_slice(&says.public_key.clone().unwrap_or_else(|| self.public_key()));
        let mut object = vec![0xa3];
        object.extend(text("fmt"));
        object.extend(text(says.format));
        object.extend(text("attStmt"));
        object.extend_from_slice(&says.statement);
        object.extend(text("authData"));
        object.extend(bytes(&data));
        object.extend_from_slice(&says.tail);
        json!({
            "id": BASE64.encode(&says.id), "rawId": BASE64.encode(&says.id), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {"credProps": {"rk": true}},
            "response": {
                "clientDataJSON": BASE64.encode(client_data(&says)),
                "attestationObject": BASE64.encode(object),
                "transports": says.transports,
            },
        })
    }

    /// Returns the answer to a sign-in.
    pub fn get(&self, challenge: &Value) -> Value {
        self.get_with(challenge, |_| {})
    }

    /// Returns the answer to a sign-in, altered by `change`.
    pub fn get_with(&self, challenge: &Value, change: impl FnOnce(&mut Says)) -> Value {
        let mut says = self.says("webauthn.get", challenge);
        challenge["publicKey"]["rpId"].as_str().unwrap_or("localhost").clone_into(&mut says.rp_id);
        change(&mut says);

        let (data, client_data) = (authenticator_data(&says), client_data(&says));
        let signed = [data.as_slice(), digest(&SHA256, &client_data).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        json!({
            "id": BASE64.encode(&says.id), "rawId": BASE64.encode(&says.id), "type": "public-key",
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64.encode(client_data),
                "authenticatorData": BASE64.encode(data),
                "signature": BASE64.encode(signature.as_ref()),
                "userHandle": says.user_handle.map(|handle| BASE64.encode(handle)),
            },
        })
    }

    fn says(&self, kind: &'static str, challenge: &Value) -> Says {
        Says {
            kind,
            challenge: challenge["publicKey"]["challenge"].as_str().unwrap().to_owned(),
            origin: self.origin.clone(),
            client_data: json!({"crossOrigin": false}),
            rp_id: String::new(),
            flags: USER_PRESENT | USER_VERIFIED | BACKUP_ELIGIBLE | BACKED_UP,
            counter: 0,
            id: self.id.clone(),
            user_handle: Some(self.user_handle.clone()),
            format: "none",
            statement: vec![0xa0],
            public_key: None,
            tail: vec![],
            transports: json!(["internal", "hybrid"]),
        }
    }

    /// `COSE_Key` of ES256 (RFC 9053 §7.1.1).
    fn public_key(&self) -> Vec<u8> {
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        [&[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20], x, &[0x22, 0x58, 0x20], y].concat()
    }
}

fn authenticator_data(says: &Says) -> Vec<u8> {
    let mut data = digest(&SHA256, says.rp_id.as_bytes()).as_ref().to_vec();
    data.push(says.flags);
    data.extend_from_slice(&says.counter.to_be_bytes());
    data
}

fn client_data(says: &Says) -> Vec<u8> {
    let mut data = json!({"type": says.kind, "challenge": says.challenge, "origin": says.origin});
    data.as_object_mut().unwrap().extend(says.client_data.as_object().unwrap().clone());
    data.to_string().into_bytes()
}

fn text(text: &str) -> Vec<u8> {
    [&[0x60 + u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

fn bytes(bytes: &[u8]) -> Vec<u8> {
    [&[0x59], u16::try_from(bytes.len()).unwrap().to_be_bytes().as_slice(), bytes].concat()
}
