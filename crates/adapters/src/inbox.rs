//! The development inbox: mail that stays in the store, where the page of the inbox finds it.

use async_trait::async_trait;
use keywright_domain::mail::content::RenderedMail;
use keywright_domain::mail::port::{DeliveryError, Mailer};

/// Takes every letter and sends none: the row that the queue keeps is all that the inbox shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct InboxMailer;

#[async_trait]
impl Mailer for InboxMailer {
    async fn deliver(&self, _message: &RenderedMail) -> Result<(), DeliveryError> {
        Ok(())
    }
}
