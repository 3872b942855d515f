//! Answers, and the clients that receive them.

use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// A fully read answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

/// The tokens of a sign-in.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text))
    }

    /// Returns a text field of the JSON body.
    pub fn field(&self, name: &str) -> String {
        let json = self.json();
        json[name].as_str().unwrap_or_else(|| panic!("no {name} in {json}")).to_owned()
    }

    /// Returns the text of a header, or an empty one.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Returns status and code, from the REST or the OAuth shape: `401 invalid_token`.
    pub fn code(&self) -> String {
        let json = self.json();
        let code = json["code"].as_str().or(json["error"].as_str());
        format!("{} {}", self.status, code.unwrap_or("-"))
    }

    /// The tokens in the body.
    pub fn tokens(&self) -> Tokens {
        assert_eq!(self.status, 200, "{}", self.text);
        Tokens { access: self.field("access_token"), refresh: self.field("refresh_token") }
    }

    /// Returns the cookie of the answer, as a browser sends it back.
    pub fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap_or_default().to_owned()
    }
}

/// Sends `request` and reads the whole answer.
pub async fn send(request: RequestBuilder) -> Answer {
    read(request).await.unwrap()
}

/// Sends `request` to a server that may be killed meanwhile; `None` if the connection broke.
pub async fn try_send(request: RequestBuilder) -> Option<Answer> {
    read(request).await.ok()
}

async fn read(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, text: response.text().await? })
}

/// A received sign-in mail.
#[derive(Clone, Debug)]
pub struct Letter {
    pub token: String,
    pub code: String,
}

impl Letter {
    /// Reads the text part of a magic link mail.
    pub fn read(text: &str) -> Self {
        let (_, rest) = text.split_once("#token=").unwrap_or_else(|| panic!("no token in {text}"));
        let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        Self {
            token: rest.split_whitespace().next().unwrap().to_owned(),
            code: text.split_whitespace().find(is_code).unwrap().to_owned(),
        }
    }
}
