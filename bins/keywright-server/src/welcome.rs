//! The welcome at the start: on stdout, whatever the log's format.

use std::io::{self, Write};

use serde_json::{Map, json};

use crate::application::Application;
use crate::config::{Config, LoadedSecret};

/// Prints where the server is and, in development, what to do next.
pub fn print(
    config: &Config,
    secret: &LoadedSecret,
    application: &Application,
    as_json: bool,
) -> io::Result<()> {
    let public_url = config.public_url.to_string();
    let inbox = application.inbox_key().map(|key| format!("{public_url}/dev/inbox?key={}", key.expose()));
    let mut out = io::stdout().lock();
    if as_json {
        let mut fields = Map::new();
        fields.insert("public_url".to_owned(), json!(public_url));
        fields.insert("listen".to_owned(), json!(application.address()));
        fields.insert("admin_listen".to_owned(), json!(application.admin_address()));
        fields.insert("inbox".to_owned(), json!(inbox));
        writeln!(out, "{}", serde_json::Value::Object(fields))?;
        return out.flush();
    }
    writeln!(out, "Keywright {} serves {public_url}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, "  listening on {}", application.address())?;
    if let Some(address) = application.admin_address() {
        writeln!(out, "  metrics, and the probes once more, on {address}")?;
    }
    if let Some(path) = &secret.created {
        writeln!(out, "  new secret in {} (keep it: without it every session ends)", path.display())?;
    }
    if let Some(inbox) = inbox {
        write!(out, "{}", next_steps(&public_url, &inbox))?;
    }
    out.flush()
}

fn next_steps(public_url: &str, inbox: &str) -> String {
    let api = format!("{public_url}/api/v1/auth");
    format!(
        r#"
Next steps
  Sign in:    {public_url}/sign-in
  Read mail:  {inbox}

Sign a command-line tool in
  1. curl -s -X POST {api}/device
  2. open {public_url}/device-verify, sign in by the mail, enter the user_code, approve
  3. curl -s {api}/token -d grant_type=urn:ietf:params:oauth:grant-type:device_code -d device_code=DEVICE_CODE
  4. curl -s {api}/me -H 'Authorization: Bearer ACCESS_TOKEN'
  5. curl -s {api}/refresh --json '{{"refresh_token": "REFRESH_TOKEN"}}'
  6. curl -s -X DELETE {api}/logout -H 'Authorization: Bearer ACCESS_TOKEN'

"#
    )
}
