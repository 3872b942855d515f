//! Accounts on the command line: how they are named and shown.

use std::str::FromStr;

use anyhow::Context;
use keywright_api::user::UserResource;
use keywright_domain::Stores;
use keywright_domain::email::EmailAddress;
use keywright_domain::id::UserId;
use keywright_domain::user::User;
use keywright_domain::wait_budget::WaitBudget;
use keywright_web::time::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// An account by its address or its id.
#[derive(Clone, Debug)]
pub(super) enum Account {
    Email(EmailAddress),
    Id(Uuid),
}

impl FromStr for Account {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        let email = EmailAddress::parse(text).map(Self::Email);
        email.map_err(|_| "is neither an e-mail address nor an id")
    }
}

impl Account {
    /// The account, if there is one.
    pub(super) async fn look_up(&self, stores: &Stores) -> anyhow::Result<Option<User>> {
        Ok(match self {
            Self::Email(email) => stores.users.find_by_email(email, &WaitBudget::NONE).await?,
            Self::Id(id) => stores.users.find(UserId(*id), &WaitBudget::NONE).await?,
        })
    }

    /// The account, or an error that says where to look.
    pub(super) async fn find(&self, stores: &Stores) -> anyhow::Result<User> {
        self.look_up(stores).await?.with_context(|| {
            let name = match self {
                Self::Email(email) => email.to_string(),
                Self::Id(id) => id.to_string(),
            };
            format!("there is no account {name}: see `keywright-server users list`")
        })
    }
}

/// An e-mail address on a command line.
pub(super) fn email(text: &str) -> Result<EmailAddress, &'static str> {
    EmailAddress::parse(text).map_err(|_| "is no e-mail address")
}

/// An account as the API returns it, with the fields that only an operator sees.
#[derive(Serialize)]
pub(super) struct AccountOutput {
    #[serde(flatten)]
    user: UserResource,
    disabled_at: Option<Timestamp>,
}

impl From<&User> for AccountOutput {
    fn from(user: &User) -> Self {
        Self { user: user.into(), disabled_at: user.disabled_at.map(Timestamp) }
    }
}

/// State of an account, in a word.
pub(super) const fn state(user: &User) -> &'static str {
    match (user.disabled_at, user.email_verified) {
        (Some(_), _) => "disabled",
        (None, false) => "unproven",
        (None, true) => "active",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_named_by_its_address_or_its_id() {
        let id = "67e55044-10b1-426f-9247-bb680e5fe0c8";

        assert!(matches!(id.parse(), Ok(Account::Id(uuid)) if uuid.to_string() == id));
        assert!(
            matches!("Ada@Example.com".parse(), Ok(Account::Email(email)) if email.as_str() == "ada@example.com")
        );
        assert!("ada".parse::<Account>().is_err());
    }
}
