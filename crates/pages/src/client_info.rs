//! Where something came from, for people to recognise.

use keywright_domain::client_info::ClientInfo;
use keywright_domain::user_agent::Described;

/// `Firefox 131, Linux, 203.0.113.7`: what is known of it; empty if nothing is.
pub fn whereabouts(origin: &ClientInfo) -> String {
    let described = origin.user_agent.as_ref().map(|agent| Described::of(agent.as_str())).unwrap_or_default();
    let system = described.system.map(ToOwned::to_owned);
    let address = origin.ip.map(|ip| ip.to_string());
    let known: Vec<String> = [described.program, system, address].into_iter().flatten().collect();
    known.join(", ")
}

#[cfg(test)]
mod tests {
    use keywright_domain::client_info::UserAgent;

    use super::*;

    #[test]
    fn what_is_known_is_said_and_nothing_else() {
        let origin =
            |agent: &str, ip: &str| ClientInfo { user_agent: UserAgent::new(agent), ip: ip.parse().ok() };

        assert_eq!(
            whereabouts(&origin("Mozilla/5.0 (X11; Linux) Firefox/131.0", "203.0.113.7")),
            "Firefox 131, Linux, 203.0.113.7"
        );
        assert_eq!(whereabouts(&origin("curl/8.5.0", "")), "curl");
        assert_eq!(whereabouts(&origin("<script>", "::1")), "::1");
        assert_eq!(whereabouts(&ClientInfo::default()), "");
    }
}
