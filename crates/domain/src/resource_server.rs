//! Resource servers: the services behind this one that may ask about tokens (RFC 7662 §2.1).

use std::fmt;

use aws_lc_rs::constant_time;
use aws_lc_rs::digest::{SHA256, digest};

/// Every resource server, by its `client_id`, with the SHA-256 of its secret. By default there is none.
#[derive(Clone, Default)]
pub struct ResourceServers(Vec<(String, Vec<u8>)>);

impl ResourceServers {
    /// These, each with its secret.
    pub fn new<'a>(servers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let hashed = |(id, secret): (&str, &str)| (id.to_owned(), hash(secret));
        Self(servers.into_iter().map(hashed).collect())
    }

    /// True if `secret` is that of `id`. Takes as long for an unknown `id` as for a wrong secret, whatever
    /// the secrets' lengths.
    pub fn authenticate(&self, id: &str, secret: &str) -> bool {
        let presented = hash(secret);
        let is_secret =
            |expected: &[u8]| constant_time::verify_slices_are_equal(expected, &presented).is_ok();
        // Counted to the end, so that the place in the list does not show.
        self.0.iter().filter(|(known, expected)| is_secret(expected) && known == id).count() > 0
    }
}

fn hash(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

impl fmt::Debug for ResourceServers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_secret() {
        let servers = ResourceServers::new([("api", "one"), ("shop", "two")]);

        assert!(servers.authenticate("api", "one") && servers.authenticate("shop", "two"));
        for (id, secret) in
            [("api", "two"), ("api", ""), ("api", "one "), ("API", "one"), ("", ""), ("x", "one")]
        {
            assert!(!servers.authenticate(id, secret), "{id} {secret}");
        }
        assert!(!ResourceServers::default().authenticate("", ""));
        assert_eq!(format!("{servers:?}"), r#"["api", "shop"]"#);
    }
}
