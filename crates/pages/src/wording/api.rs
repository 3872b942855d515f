//! The shape of what the page about the API says around the description, which is in English.

#[derive(Debug)]
pub struct Api {
    pub heading: &'static str,
    pub contents: &'static str,
    pub source: &'static str,
    pub must_authenticate: &'static str,
    pub may_authenticate: &'static str,
    pub parameters: &'static str,
    pub body: &'static str,
    pub required: &'static str,
    pub errors: &'static str,
    pub schemas: &'static str,
}
