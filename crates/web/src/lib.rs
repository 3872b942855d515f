//! The toolbox that the API and the pages share: what surrounds a request, who makes it, how it is read and how an
//! error is answered.

pub mod body;
pub mod caller;
pub mod context;
pub mod cookie;
pub mod cors;
pub mod csrf;
pub mod endpoint;
pub mod forwarded;
pub mod metrics;
pub mod problem;
pub mod rate_limit;
pub mod refusal;
pub mod settings;
pub mod time;

pub use context::At;
pub use endpoint::Endpoint;
pub use metrics::Metrics;
pub use problem::Problem;
pub use settings::Settings;

/// The most bytes that a request's body may have.
pub const BODY_LIMIT: usize = 64 * 1024;
