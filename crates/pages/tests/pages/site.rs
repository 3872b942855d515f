//! The pages over an in-memory store, and a browser that keeps its session cookie.

use std::sync::Arc;

use actix_web::http::header::HeaderMap;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta};
use keywright_adapters::clock::ManualClock;
use keywright_adapters::entropy::SystemEntropy;
use keywright_adapters::inbox::InboxMailer;
use keywright_adapters::jwt::{JwtAccessTokens, KeyMaker};
use keywright_adapters::mail_renderer::AskamaMailRenderer;
use keywright_adapters::webauthn::RelyingParty;
use keywright_domain::Stores;
use keywright_domain::client::{Client, ClientId, Clients};
use keywright_domain::client_info::{ClientInfo, UserAgent};
use keywright_domain::credential::Keyring;
use keywright_domain::email::EmailAddress;
use keywright_domain::id::PasskeyId;
use keywright_domain::magic_link::LinkBudget;
use keywright_domain::passkey::port::Registration;
use keywright_domain::passkey::{CredentialId, Passkey, PasskeyName, Transports};
use keywright_domain::rate_limit::Rate;
use keywright_domain::resource_server::ResourceServers;
use keywright_domain::retention::Retention;
use keywright_domain::secret::ServerSecret;
use keywright_domain::security_event::NoSecurityCounters;
use keywright_domain::session::{Lifetimes, RotationRules};
use keywright_domain::signing_key::Algorithm;
use keywright_domain::signing_key::schedule::KeyRules;
use keywright_domain::user::{ProfileChange, SignupPolicy};
use keywright_pages::{InboxKey, PageSettings};
use keywright_service::device_authorization::{Begin, begin, poll};
use keywright_service::key_reload::Reloads;
use keywright_service::mail::deliver_due;
use keywright_service::pacer::Pacer;
use keywright_service::signing_key;
use keywright_service::user_code_misses::Misses;
use keywright_service::waiting_room::WaitingRoom;
use keywright_service::{Rules, Service};
use keywright_store::memory::MemoryStore;
use keywright_web::{Settings, context};
use url::Url;
use uuid::Uuid;

pub const ORIGIN: &str = "http://localhost:8080";

#[derive(Clone)]
pub struct Site {
    pub clock: Arc<ManualClock>,
    pub inbox_key: String,
    service: web::Data<Service>,
    settings: web::Data<Settings>,
    pages: web::Data<PageSettings>,
    cookie: Option<String>,
    /// A value kept for the return from a sign-in.
    draft: Option<String>,
}

/// An answer.
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Returns the value of the field with this name.
    pub fn field(&self, name: &str) -> String {
        let (_, after) = self.text.split_once(&format!(r#"name="{name}""#)).expect("the page has the field");
        let (_, after) = after.split_once(r#"value=""#).expect("the field has a value");
        after.split('"').next().unwrap().to_owned()
    }
}

impl Site {
    pub async fn open() -> Self {
        Self::open_with(true).await
    }

    pub async fn open_with(has_inbox: bool) -> Self {
        let clock = Arc::new(ManualClock::new(DateTime::from_timestamp(1_800_000_000, 0).unwrap()));
        let key = InboxKey::generate(&SystemEntropy);
        let inbox_key = key.expose().to_owned();
        Self {
            service: web::Data::new(service(clock.clone()).await),
            clock,
            inbox_key,
            settings: web::Data::new(Settings::new(ORIGIN.to_owned(), false)),
            pages: web::Data::new(PageSettings { inbox_key: has_inbox.then_some(key) }),
            cookie: None,
            draft: None,
        }
    }

    /// Sends a GET request for a page.
    pub async fn get(&mut self, path: &str) -> Page {
        self.send(TestRequest::get().uri(path).insert_header(("accept", "text/html"))).await
    }

    /// Sends a form.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let form = TestRequest::post().uri(path).set_form(fields);
        self.send(form.insert_header(("sec-fetch-site", "same-origin")).insert_header(("origin", "null")))
            .await
    }

    /// Sends `request` from the local address with the cookie, and keeps the returned cookie.
    pub async fn send(&mut self, mut request: TestRequest) -> Page {
        request = request.peer_addr("127.0.0.1:5000".parse().unwrap());
        if let Some(cookie) = &self.cookie {
            request = request.append_header(("cookie", format!("kw_session={cookie}")));
        }
        if let Some(draft) = &self.draft {
            request = request.append_header(("cookie", format!("kw_draft={draft}")));
        }
        let app = App::new()
            .app_data(self.service.clone())
            .app_data(self.settings.clone())
            .app_data(self.pages.clone())
            .wrap(from_fn(context::surround))
            .wrap(from_fn(keywright_pages::errors_as_pages))
            .configure(keywright_pages::routes)
            .default_service(web::to(keywright_pages::not_found));
        let response = call_service(&init_service(app).await, request.to_request()).await;
        for cookie in response.response().cookies() {
            let kept = if cookie.name() == "kw_session" { &mut self.cookie } else { &mut self.draft };
            *kept = Some(cookie.value().to_owned()).filter(|value| !value.is_empty());
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Page { status, headers, text: String::from_utf8(read_body(response).await.to_vec()).unwrap() }
    }

    /// Returns the code in the mail of the link `request_id`.
    pub fn code(&self, request_id: &str) -> String {
        let link = Uuid::try_parse(request_id).unwrap();
        self.service.keyring.sign_in_code(link).expose().to_owned()
    }

    pub async fn sign_in(&mut self, email: &str) {
        let sent = self.submit("/sign-in", &[("email", email)]).await;
        let request_id = sent.field("request_id");
        let code = self.code(&request_id);
        let answer = self.submit("/sign-in/code", &[("request_id", &request_id), ("code", &code)]).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
    }

    /// Sets the language of an account, a BCP 47 tag.
    pub async fn prefer(&self, email: &str, locale: &str) {
        let email = EmailAddress::parse(email).unwrap();
        let users = &self.service.stores.users;
        let user = users.find_by_email(&email).await.unwrap().unwrap();
        let change = ProfileChange { locale: Some(locale.to_owned()), ..ProfileChange::default() };
        let at = self.service.request_context(None, ClientInfo::default());
        users.change_profile(user.id, &change, &at).await.unwrap();
    }

    /// Adds a passkey to the account of `email` and returns its credential id in base64url.
    pub async fn add_passkey(&self, email: &str, name: &str) -> String {
        let users = &self.service.stores.users;
        let user = users.find_by_email(&EmailAddress::parse(email).unwrap()).await.unwrap().unwrap();
        let at = self.service.request_context(None, ClientInfo::default());
        let id = PasskeyId::new(&SystemEntropy);
        let passkey = Passkey {
            id,
            user_id: user.id,
            credential_id: CredentialId(id.0.as_bytes().to_vec()),
            data: "{}".to_owned(),
            name: PasskeyName::parse(name).unwrap(),
            created_at: at.now,
            last_used_at: None,
            counter: 0,
            backup_eligible: true,
            backed_up: true,
            transports: Transports::default(),
            aaguid: Uuid::nil(),
        };
        let added = self.service.stores.passkeys.register(&passkey, &at).await.unwrap();
        assert_eq!(added, Registration::Registered);
        URL_SAFE_NO_PAD.encode(id.0)
    }

    /// Continues as the browser of somebody else.
    pub fn forget_cookie(&mut self) {
        self.cookie = None;
    }

    /// Begins a device sign-in and returns its user code.
    pub async fn device(&self, client_name: &str, user_agent: &str) -> String {
        self.device_at("203.0.113.7", client_name, user_agent).await
    }

    /// Begins a device sign-in from `address` and returns its user code.
    pub async fn device_at(&self, address: &str, client_name: &str, user_agent: &str) -> String {
        let origin = ClientInfo { ip: address.parse().ok(), user_agent: UserAgent::new(user_agent) };
        let at = self.service.request_context(None, origin);
        let asked = Begin { client_name: Some(client_name.to_owned()), ..Begin::default() };
        begin(&self.service, asked, &at).await.unwrap().user_code.to_string()
    }

    /// Signs in a device of the current account.
    pub async fn sign_in_device(&mut self, client_name: &str, user_agent: &str) {
        let origin = ClientInfo { ip: "203.0.113.7".parse().ok(), user_agent: UserAgent::new(user_agent) };
        let at = self.service.request_context(None, origin.clone());
        let asked = Begin { client_name: Some(client_name.to_owned()), ..Begin::default() };
        let begun = begin(&self.service, asked, &at).await.unwrap();
        let code = begun.user_code.to_string();
        let approved = self.submit("/device-verify", &[("code", &code), ("action", "approve")]).await;
        assert_eq!(approved.status, 200, "{}", approved.text);
        self.clock.advance(TimeDelta::seconds(6));
        let at = self.service.request_context(None, origin);
        poll(&self.service, begun.device_code.expose(), None, &at).await.unwrap();
    }

    /// Delivers the mail that is due.
    pub async fn deliver(&self) {
        deliver_due(&self.service, &InboxMailer, &mut None).await.unwrap();
    }
}

async fn service(clock: Arc<ManualClock>) -> Service {
    let secret = || ServerSecret::new(vec![7; 32]).unwrap();
    let stores = Stores::of(Arc::new(MemoryStore::default()));
    let maker = KeyMaker::new(&secret(), &[]).unwrap();
    let now = keywright_domain::clock::Clock::now(clock.as_ref());
    let rules = rules();
    let key_rules = KeyRules {
        algorithm: Algorithm::EdDsa,
        rotation: TimeDelta::days(30),
        token_lifetime: rules.access_lifetime,
    };
    let kept = signing_key::keep(stores.signing_keys.as_ref(), &maker, &key_rules, now).await.unwrap();
    Service {
        stores,
        clock,
        entropy: Arc::new(SystemEntropy),
        keyring: Keyring::new(&secret(), None).unwrap(),
        tokens: Arc::new(JwtAccessTokens::new(&kept.keys, &[secret()], ORIGIN, ORIGIN).unwrap()),
        mail_renderer: Arc::new(AskamaMailRenderer::new(&rules.public_url)),
        webauthn: Arc::new(
            RelyingParty::new("localhost", "Keywright", std::slice::from_ref(&rules.public_url)).unwrap(),
        ),
        clients: Clients::new(
            [(ClientId::CLI, "Command line"), (ClientId::WEB, "Browser")]
                .map(|(id, name)| Client { id: ClientId::from_trusted(id), name: name.to_owned() })
                .into(),
        ),
        rules,
        pacer: Pacer::default(),
        resource_servers: ResourceServers::default(),
        security_counters: Arc::new(NoSecurityCounters),
        waiting: WaitingRoom::new(9),
        misses: Misses::new(per_10_minutes(10), per_10_minutes(100)),
        key_reloads: Reloads::default(),
    }
}

fn per_10_minutes(count: u32) -> Rate {
    Rate { count, per: TimeDelta::minutes(10) }
}

fn rules() -> Rules {
    Rules {
        public_url: Url::parse(ORIGIN).unwrap(),
        audience: ORIGIN.to_owned(),
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
        link_budget: LinkBudget { per_network: per_10_minutes(5), per_email: per_10_minutes(30) },
        redirect_origins: vec!["https://app.example.com".to_owned()],
        signup: SignupPolicy::Open,
        retention: Retention::default(),
    }
}
