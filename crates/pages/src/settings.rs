//! The choices of the composition root about the pages.

use crate::inbox_key::InboxKey;

/// The settings of the pages, shared by all workers as `web::Data`.
#[derive(Debug, Default)]
pub struct PageSettings {
    /// The key of `/dev/inbox`, in development only. `None` turns the inbox off.
    pub inbox_key: Option<InboxKey>,
}
