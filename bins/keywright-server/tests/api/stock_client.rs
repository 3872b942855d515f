//! The stock OAuth client of the `oauth2` crate works from the metadata alone.

use std::time::Duration;

use oauth2::basic::BasicClient;
use oauth2::{
    ClientId, DeviceAuthorizationUrl, HttpRequest, HttpResponse, RefreshToken, RevocationUrl,
    StandardDeviceAuthorizationResponse, StandardRevocableToken, TokenResponse, TokenUrl,
};
use serde_json::{Value, json};

use crate::harness::Keywright;

/// Sends a request of the library. Its revocation accepts only https URLs: it gets the https spelling, and
/// this sends the request over http.
async fn over_http(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let (parts, body) = request.into_parts();
    let url = parts.uri.to_string().replacen("https://", "http://", 1);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let response = client.request(parts.method, url).headers(parts.headers).body(body).send().await?;
    let mut answer = HttpResponse::new(Vec::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    *answer.body_mut() = response.bytes().await?.to_vec();
    Ok(answer)
}

fn url(metadata: &Value, name: &str) -> String {
    metadata[name].as_str().unwrap_or_else(|| panic!("no {name} in {metadata}")).to_owned()
}

#[tokio::test]
async fn a_stock_client_gets_refreshes_and_revokes_tokens() {
    let keywright = Keywright::start().await;
    let metadata = keywright.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["issuer"], json!(keywright.base()));
    let client = BasicClient::new(ClientId::new("cli".into()))
        .set_token_uri(TokenUrl::new(url(&metadata, "token_endpoint")).unwrap())
        .set_device_authorization_url(
            DeviceAuthorizationUrl::new(url(&metadata, "device_authorization_endpoint")).unwrap(),
        )
        .set_revocation_url(
            RevocationUrl::new(url(&metadata, "revocation_endpoint").replacen("http://", "https://", 1))
                .unwrap(),
        );

    // The device grant: the library polls while the person approves, and each wait moves the clock.
    let begun: StandardDeviceAuthorizationResponse =
        client.exchange_device_code().request_async(&over_http).await.unwrap();
    let cookie = keywright.sign_in_browser("ada@example.com").await;
    let user_code = begun.user_code().secret().clone();
    let first = client
        .exchange_device_access_token(&begun)
        .request_async(
            &over_http,
            |pause: Duration| {
                let (keywright, cookie, user_code) = (&keywright, &cookie, &user_code);
                async move {
                    keywright.clock.advance(chrono::TimeDelta::from_std(pause).unwrap());
                    keywright.post_from_page(cookie, "/device/verify", json!({"user_code": user_code})).await;
                }
            },
            None,
        )
        .await
        .unwrap();
    assert_eq!(first.expires_in(), Some(Duration::from_hours(4)));
    assert_eq!(keywright.me(first.access_token().secret()).await, 200);

    let second = client
        .exchange_refresh_token(first.refresh_token().unwrap())
        .request_async(&over_http)
        .await
        .unwrap();
    assert_eq!(keywright.me(second.access_token().secret()).await, 200);

    let refresh_token: RefreshToken = second.refresh_token().unwrap().clone();
    client
        .revoke_token(StandardRevocableToken::RefreshToken(refresh_token))
        .unwrap()
        .request_async(&over_http)
        .await
        .unwrap();
    assert_eq!(keywright.me(second.access_token().secret()).await, 401);
    keywright.stop().await;
}
