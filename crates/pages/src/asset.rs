//! The style sheet, the scripts and the icon: compiled in, with a version in their address.

use std::sync::LazyLock;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, EntityTag, IfNoneMatch, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{Header, ServiceConfig};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keywright_web::Endpoint;

use crate::page;

/// A file that pages use.
pub struct Asset {
    path: &'static str,
    media_type: &'static str,
    body: &'static str,
    /// A digest of the content.
    version: LazyLock<String>,
}

pub static STYLE: Asset = Asset {
    path: "/assets/keywright.css",
    media_type: "text/css; charset=utf-8",
    body: include_str!("../assets/keywright.css"),
    version: LazyLock::new(|| version(STYLE.body)),
};

pub static MAGIC_LINK: Asset = Asset {
    path: "/assets/magic-link.js",
    media_type: "text/javascript; charset=utf-8",
    body: include_str!("../assets/magic-link.js"),
    version: LazyLock::new(|| version(MAGIC_LINK.body)),
};

pub static PASSKEY: Asset = Asset {
    path: "/assets/passkey.js",
    media_type: "text/javascript; charset=utf-8",
    body: include_str!("../assets/passkey.js"),
    version: LazyLock::new(|| version(PASSKEY.body)),
};

pub static SIGN_IN: Asset = Asset {
    path: "/assets/sign-in.js",
    media_type: "text/javascript; charset=utf-8",
    body: include_str!("../assets/sign-in.js"),
    version: LazyLock::new(|| version(SIGN_IN.body)),
};

pub static ACCOUNT: Asset = Asset {
    path: "/assets/account.js",
    media_type: "text/javascript; charset=utf-8",
    body: include_str!("../assets/account.js"),
    version: LazyLock::new(|| version(ACCOUNT.body)),
};

pub static ICON: Asset = Asset {
    path: "/assets/keywright.svg",
    media_type: "image/svg+xml",
    body: include_str!("../assets/keywright.svg"),
    version: LazyLock::new(|| version(ICON.body)),
};

static ASSETS: [&Asset; 6] = [&STYLE, &MAGIC_LINK, &PASSKEY, &SIGN_IN, &ACCOUNT, &ICON];

pub fn routes(config: &mut ServiceConfig) {
    for asset in ASSETS {
        let serve = move |request: HttpRequest, known: Option<Header<IfNoneMatch>>| {
            let response = asset.serve(&request, known.as_ref().map(|Header(known)| known));
            async move { response }
        };
        config.service(Endpoint::at(asset.path).get(serve));
    }
}

fn version(body: &str) -> String {
    let digest = digest(&SHA256, body.as_bytes());
    URL_SAFE_NO_PAD.encode(digest.as_ref().get(..12).unwrap_or_default())
}

impl Asset {
    /// The address of this version.
    pub fn url(&self) -> String {
        format!("{}?v={}", self.path, *self.version)
    }

    fn serve(&self, request: &HttpRequest, known: Option<&IfNoneMatch>) -> HttpResponse {
        let tag = EntityTag::new_strong((*self.version).clone());
        let is_known = known.is_some_and(|known| match known {
            IfNoneMatch::Any => true,
            IfNoneMatch::Items(tags) => tags.iter().any(|known| known.weak_eq(&tag)),
        });
        // During a rolling upgrade a request may ask for the version of the other server.
        let is_current = page::parameter(request, "v").is_some_and(|asked| asked == *self.version);
        let caching = if is_current { "public, max-age=31536000, immutable" } else { "no-cache" };
        let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header((CACHE_CONTROL, caching))
            .insert_header((ETAG, tag.to_string()))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
        if is_known {
            return response.finish();
        }
        response.insert_header((CONTENT_TYPE, self.media_type)).body(self.body)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::dev::ServiceResponse;
    use actix_web::http::{Method, StatusCode};
    use actix_web::test::{TestRequest, call_service, init_service};

    use super::*;

    async fn answer(request: TestRequest) -> ServiceResponse {
        call_service(&init_service(App::new().configure(routes)).await, request.to_request()).await
    }

    #[actix_web::test]
    async fn a_current_address_is_immutable_and_any_other_is_revalidated() {
        for asset in ASSETS {
            let named = answer(TestRequest::with_uri(&asset.url())).await;
            assert_eq!(named.status(), StatusCode::OK);
            assert_eq!(named.headers().get("content-type").unwrap(), asset.media_type);
            assert_eq!(named.headers().get("x-content-type-options").unwrap(), "nosniff");
            assert_eq!(named.headers().get("cache-control").unwrap(), "public, max-age=31536000, immutable");

            let old = answer(TestRequest::with_uri(&format!("{}?v=old", asset.path))).await;
            assert_eq!(old.headers().get("cache-control").unwrap(), "no-cache");

            let tag = named.headers().get("etag").unwrap().clone();
            let again = answer(TestRequest::with_uri(asset.path).insert_header(("if-none-match", tag))).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED);

            let other = answer(TestRequest::with_uri(asset.path).method(Method::POST)).await;
            assert_eq!(other.status(), StatusCode::METHOD_NOT_ALLOWED);
        }
    }

    #[test]
    fn assets_are_small_and_load_nothing_from_elsewhere() {
        for asset in ASSETS.into_iter().filter(|asset| asset.path != ICON.path) {
            assert!(!asset.body.contains("//") && !asset.body.contains("@import"), "{}", asset.path);
            assert!(asset.body.len() < 16 * 1024, "{}", asset.path);
        }
    }
}
