//! Clients and resource servers.

use keywright_domain::client::{Client, ClientId};
use serde_json::{Value as Json, json};

use super::row::{Fields, Row};
use super::secret::{MASK, Secret};

/// One of `[[resource_servers]]`: may introspect tokens (RFC 7662).
#[derive(Clone, Debug)]
pub struct ResourceServer {
    /// The `client_id`: 1 to 64 letters, digits and `. _ ~ -`.
    pub id: String,
    /// The secret that it authenticates with.
    pub secret: Secret<String>,
}

/// The clients that exist without configuration.
pub(super) fn built_in() -> Vec<Client> {
    [(ClientId::CLI, "Command line"), (ClientId::WEB, "Web browser")]
        .map(|(id, name)| Client { id: ClientId::from_trusted(id), name: name.to_owned() })
        .into()
}

impl Row for Client {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let (id, name) = (id(fields), fields.take("name"));
        Some(Self { id: ClientId::from_trusted(id?), name: name? })
    }

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn show(&self) -> Json {
        json!({ "id": self.id.as_str(), "name": self.name })
    }
}

impl Row for ResourceServer {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let (id, secret) = (id(fields), fields.take("secret"));
        Some(Self { id: id?, secret: secret? })
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn show(&self) -> Json {
        json!({ "id": self.id, "secret": MASK })
    }
}

/// An identifier that needs no escaping in a form, a URL or HTTP Basic.
fn id(fields: &mut Fields<'_>) -> Option<String> {
    let id: String = fields.take("id")?;
    let plain = id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || "._~-".contains(c));
    if !plain {
        fields.refuse("id", "has other characters", "use 1 to 64 letters, digits and `. _ ~ -`");
    }
    plain.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::super::error::ConfigError;
    use super::super::reader::Reader;
    use super::*;

    fn reader(file: &str, environment: &[(&str, &str)]) -> Reader {
        let owned = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Reader::new(Some(("kw.toml".into(), toml::from_str(file).unwrap())), owned.collect())
    }

    fn rows<T: Row>(reader: Reader, key: &'static str, built_in: Vec<T>) -> Result<Vec<T>, ConfigError> {
        let mut reader = reader;
        reader.rows(key, built_in).ok_or_else(|| ConfigError(reader.finish().0))
    }

    fn clients(reader: Reader) -> Result<Vec<Client>, ConfigError> {
        rows(reader, "clients", built_in())
    }

    fn resource_servers(reader: Reader) -> Result<Vec<ResourceServer>, ConfigError> {
        rows(reader, "resource_servers", Vec::new())
    }

    fn ids(clients: &[Client]) -> Vec<&str> {
        clients.iter().map(|client| client.id.as_str()).collect()
    }

    #[test]
    fn the_built_in_clients_are_always_there() {
        assert_eq!(ids(&clients(reader("", &[])).unwrap()), ["cli", "web"]);
        let more = "[[clients]]\nid = 'app'\nname = 'The App'\n[[clients]]\nid = 'tv'\nname = 'TV'";
        assert_eq!(ids(&clients(reader(more, &[])).unwrap()), ["cli", "web", "app", "tv"]);
    }

    #[test]
    fn a_variable_holds_them_as_an_array_of_tables() {
        for text in [r#"[{"id": "app", "name": "The App"}]"#, "[{ id = 'app', name = 'The App' }]"] {
            let clients = clients(reader("", &[("KEYWRIGHT_CLIENTS", text)])).unwrap();

            assert_eq!(ids(&clients), ["cli", "web", "app"], "{text}");
        }
        assert!(clients(reader("", &[("KEYWRIGHT_CLIENTS", "app")])).is_err());
    }

    #[test]
    fn a_bad_client_is_named_by_its_place() {
        for (file, sentence) in [
            (
                "[[clients]]\nid = 'app'",
                "clients[0].name (file kw.toml) is missing; set it to one line of text",
            ),
            (
                "[[clients]]\nid = 'cli'\nname = 'x'",
                "clients[0].id (file kw.toml) is taken already; use another id",
            ),
            (
                "[[clients]]\nid = 'a b'\nname = 'x'",
                "clients[0].id (file kw.toml) has other characters; \
                 use 1 to 64 letters, digits and `. _ ~ -`",
            ),
            (
                "[[clients]]\nid = 'a'\nname = 'x'\n[[clients]]\nid = 'b'\nname = 'x'\nurl = 'x'",
                "clients[1].url (file kw.toml) is not a known key; remove it or correct its name",
            ),
            (
                "[clients]\nid = 'a'",
                "clients (file kw.toml) is not an array of tables; use a [[clients]] table in the file \
                 for each, or an array of tables in one variable",
            ),
        ] {
            assert_eq!(clients(reader(file, &[])).unwrap_err().to_string(), sentence);
        }
    }

    #[test]
    fn a_resource_servers_secret_is_never_shown() {
        let mut reader = reader("[[resource_servers]]\nid = 'api'\nsecret = 'hunter2'", &[]);

        let servers: Vec<ResourceServer> = reader.rows("resource_servers", Vec::new()).unwrap();

        assert_eq!(servers[0].secret.expose(), "hunter2");
        let text = reader.sources.to_text();
        assert_eq!(text, "resource_servers = [{ id = \"api\", secret = \"***\" }]  # file kw.toml\n");
        assert!(!format!("{servers:?}").contains("hunter2"));
    }

    #[test]
    fn a_bad_secret_is_not_repeated() {
        for file in [
            "[[resource_servers]]\nid = 'api'\nsecret = \"hunter2\\u0000\"",
            "[[resource_servers]]\nid = 'api'\nsecret = ['hunter2']",
            "[[resource_servers]]\nid = 'api'\nsecert = 'hunter2'",
        ] {
            let refusal = resource_servers(reader(file, &[])).unwrap_err();

            assert!(!format!("{refusal} {refusal:?}").contains("hunter2"), "{refusal}");
        }
    }
}
