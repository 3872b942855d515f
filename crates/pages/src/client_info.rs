//! The client of a session or an event, in words that its owner recognizes.

use keywright_domain::client_info::ClientInfo;
use keywright_domain::user_agent::Described;

/// The known parts of `client_info`, such as `Firefox 131, Linux, 203.0.113.7`; empty if there are none.
pub fn whereabouts(client_info: &ClientInfo) -> String {
    let described =
        client_info.user_agent.as_ref().map(|agent| Described::of(agent.as_str())).unwrap_or_default();
    let system = described.system.map(ToOwned::to_owned);
    let address = client_info.ip.map(|ip| ip.to_string());
    let known: Vec<String> = [described.program, system, address].into_iter().flatten().collect();
    known.join(", ")
}

#[cfg(test)]
mod tests {
    use keywright_domain::client_info::UserAgent;

    use super::*;

    #[test]
    fn only_known_parts_are_listed() {
        let client_info =
            |agent: &str, ip: &str| ClientInfo { user_agent: UserAgent::new(agent), ip: ip.parse().ok() };

        assert_eq!(
            whereabouts(&client_info("Mozilla/5.0 (X11; Linux) Firefox/131.0", "203.0.113.7")),
            "Firefox 131, Linux, 203.0.113.7"
        );
        assert_eq!(whereabouts(&client_info("curl/8.5.0", "")), "curl");
        assert_eq!(whereabouts(&client_info("<script>", "::1")), "::1");
        assert_eq!(whereabouts(&ClientInfo::default()), "");
    }
}
