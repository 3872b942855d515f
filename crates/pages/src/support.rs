//! What several tests start from.

use chrono::TimeDelta;
use keywright_domain::Rules;
use keywright_domain::session::{Lifetimes, RotationRules};
use keywright_domain::user::SignupPolicy;
use url::Url;

/// Of a server in development that lets an application be returned to.
pub fn rules() -> Rules {
    Rules {
        public_url: Url::parse("http://localhost:8080").unwrap(),
        access_lifetime: TimeDelta::hours(4),
        lifetimes: Lifetimes { idle: TimeDelta::days(30), absolute: TimeDelta::days(180) },
        rotation: RotationRules {
            retry_window: TimeDelta::seconds(60),
            lost_response_window: TimeDelta::hours(1),
        },
        fresh: TimeDelta::minutes(15),
        device_lifetime: TimeDelta::minutes(10),
        device_interval: TimeDelta::seconds(5),
        magic_link_lifetime: TimeDelta::minutes(15),
        redirect_origins: vec!["https://app.example.com".to_owned()],
        signup: SignupPolicy::Open,
    }
}
