//! Passkeys and their challenges.

mod ceremony;
mod manage;
mod register;
mod sign_in;

use keywright_domain::Stores;
use keywright_domain::id::{PasskeyId, UserId};
use keywright_domain::page::Page;
use keywright_domain::passkey::port::{Registration, SignIn};
use keywright_domain::passkey::{Assertion, CredentialId, Passkey, PasskeyName, Transports};
use keywright_domain::session::SessionKind;
use keywright_domain::user::User;
use keywright_domain::user::port::Opening;
use uuid::Uuid;

pub use self::ceremony::*;
pub use self::manage::*;
pub use self::register::*;
pub use self::sign_in::*;
use crate::fixture::{ENTROPY, at, email, request_context, seed, unknown_user};

/// A passkey of `user` with a counter of 4.
fn passkey(user: UserId, second: i64) -> Passkey {
    let id = PasskeyId::new(&ENTROPY);
    Passkey {
        id,
        user_id: user,
        credential_id: CredentialId(id.0.as_bytes().to_vec()),
        data: r#"{"key": "ü"}"#.to_owned(),
        name: PasskeyName::parse("Ada's “phone”").unwrap(),
        created_at: at(second),
        last_used_at: None,
        counter: 4,
        backup_eligible: true,
        backed_up: false,
        transports: Transports::new(["internal", "hybrid"]),
        aaguid: Uuid::from_u128(7),
    }
}

/// Registers a passkey of `user` with a counter of 4.
pub(crate) async fn registered(stores: &Stores, user: UserId, second: i64) -> Passkey {
    let passkey = passkey(user, second);
    let answer = stores.passkeys.register(&passkey, &request_context(second)).await.unwrap();
    assert_eq!(answer, Registration::Registered);
    passkey
}

/// Stores an account that no magic link leads to.
async fn unproven(stores: &Stores, address: &str) -> User {
    let user = User::unproven(unknown_user(), email(address), at(0));
    assert_eq!(stores.users.open(&user).await.unwrap(), Opening::Opened);
    user
}

/// The sign-in with `passkey` whose counter is now `counter`.
fn by(passkey: &Passkey, counter: u32, kind: SessionKind) -> SignIn {
    let assertion = Assertion { counter, backed_up: true };
    SignIn { passkey: passkey.id, assertion, seed: seed(kind, 5), renew: None }
}

async fn stored(stores: &Stores, passkey: &Passkey) -> Option<Passkey> {
    stores.passkeys.find(&passkey.credential_id).await.unwrap()
}

async fn all(stores: &Stores, user: UserId) -> Vec<Passkey> {
    stores.passkeys.list(user, Page::WIDEST).await.unwrap().items
}
