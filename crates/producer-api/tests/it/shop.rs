//! A shop in one process, browsers with a cookie jar, and an operator.

use axum::Router;
use axum::body::Body;
use consumer::{LobbySecrets, Settings};
use http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt as _;
use producer_api::{Api, Deps, Limits};
use prometheus::Registry;
use queue_domain::{CommandId, EventId, LogPosition, Stamp};
use queue_edge::keys::{OPERATORS, operators};
use queue_edge::{Keys, PublicOrigin, TrustedProxies};
use queue_embedded::{
    DataFolder, Faults, LogMetrics, LogSettings, MemoryView, SqliteLedger, SqliteLog, ViewLimits,
};
use queue_ports::clock::ManualClock;
use queue_ports::directory::Directory;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// 2026-12-05T01:00:00Z, ten o'clock in Seoul.
pub(crate) const TEN: u64 = 1_796_432_400_000;

pub(crate) struct Shop {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) faults: Faults,
    pub(crate) view: MemoryView,
    pub(crate) public: Router,
    pub(crate) office: Router,
    pub(crate) token: String,
    pub(crate) keys: Arc<Keys>,
    pub(crate) folder: tempfile::TempDir,
    tasks: TaskTracker,
    owner: CancellationToken,
    keys_used: RefCell<u32>,
}

#[derive(Debug)]
struct Secrets(Arc<Keys>);

impl LobbySecrets for Secrets {
    fn secret(&self, key_id: &str, event: &EventId, creation: CommandId) -> Option<[u8; 32]> {
        self.0
            .lobby
            .by_id(key_id)
            .map(|key| queue_domain::lobby_secret(key, event.as_str(), &creation.0))
    }
}

impl Shop {
    pub(crate) fn open() -> Self {
        Self::with(|_| {}, None)
    }

    pub(crate) fn with(bounds: impl FnOnce(&mut Limits), origin: Option<&str>) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), bounds, origin)
    }

    /// A new shop with the operators of another's keys.
    pub(crate) fn with_operators(keys: &std::path::Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("keys").join(OPERATORS);
        std::fs::create_dir_all(&own).unwrap();
        for entry in std::fs::read_dir(keys.join(OPERATORS)).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, own.join(path.file_name().unwrap())).unwrap();
        }
        Self::in_folder(folder, |_| {}, None)
    }

    fn in_folder(
        folder: tempfile::TempDir,
        bounds: impl FnOnce(&mut Limits),
        origin: Option<&str>,
    ) -> Self {
        let data = DataFolder::open(folder.path()).unwrap();
        let keys = Arc::new(Keys::open(&folder.path().join("keys")).unwrap());
        let clock = Arc::new(ManualClock::new(Stamp(TEN)));
        let faults = Faults::none();
        let log = SqliteLog::open(
            &data,
            LogSettings::default(),
            clock.clone(),
            faults.clone(),
            LogMetrics::unread(),
        )
        .unwrap();
        let view = MemoryView::new(ViewLimits::default());
        let ledger = SqliteLedger::open(&data).unwrap();
        let (directory, registry) = (Directory::default(), Registry::new());
        let (tasks, owner) = (TaskTracker::new(), CancellationToken::new());
        let owning = consumer::Deps {
            log: Arc::new(log.clone()),
            view: Arc::new(view.clone()),
            ledger: Arc::new(ledger.clone()),
            snapshots: Arc::new(ledger.clone()),
            directory: directory.clone(),
            clock: clock.clone(),
            secrets: Arc::new(Secrets(Arc::clone(&keys))),
            metrics: consumer::Metrics::register(&registry).unwrap(),
            tasks: tasks.clone(),
            ready: Arc::new(AtomicBool::new(false)),
            settings: Settings {
                tick_interval: Duration::from_millis(10),
                ..Settings::default()
            },
        };
        let stop = owner.clone();
        tasks.spawn(async move { consumer::run(owning, stop).await.unwrap() });
        let mut limits = Limits {
            shopper_changes_per_second: 1000,
            ..Limits::default()
        };
        bounds(&mut limits);
        let api = Api::new(Deps {
            log: Arc::new(log),
            view: Arc::new(view.clone()),
            changes: Arc::new(view.clone()),
            ledger: Arc::new(ledger),
            directory,
            clock: clock.clone(),
            keys: Arc::clone(&keys),
            public_origin: origin.map(|origin| PublicOrigin::parse(origin).unwrap()),
            proxies: TrustedProxies::default(),
            tasks: tasks.clone(),
            shutdown: CancellationToken::new(),
            registry,
            limits,
        })
        .unwrap();
        let token = operators::token(&folder.path().join("keys").join(OPERATORS), "owner").unwrap();
        let (public, office) = (api.router().unwrap(), api.operator_router().unwrap());
        Self {
            clock,
            faults,
            view,
            public,
            office,
            token,
            keys,
            folder,
            tasks,
            owner,
            keys_used: RefCell::new(0),
        }
    }

    /// A shop with an open event named `glow` of two slots.
    pub(crate) async fn opened() -> Self {
        let shop = Self::open();
        shop.create(|_| {}).await;
        shop
    }

    /// Creates `glow`, open since ten, with a slot `1100` of 3 seats and a slot `1200` of 1.
    pub(crate) async fn create(&self, change: impl FnOnce(&mut Value)) -> Said {
        let mut body = definition();
        change(&mut body);
        let said = self
            .office(Method::POST, "/admin/v1/events", Some(body))
            .await;
        assert_eq!(said.status, 200, "{}", said.body);
        said
    }

    /// Stops the fold: from here on the view stands still.
    pub(crate) async fn stop_folding(&self) {
        self.owner.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Moves the clock by single seconds, which is as fast as service time goes, until `done` holds for the event.
    pub(crate) async fn pass_time(
        &self,
        mut done: impl FnMut(&queue_ports::view::EventView) -> bool,
    ) {
        use queue_ports::clock::Clock as _;
        use queue_ports::view::{ViewChanges as _, ViewReader as _};
        let event = EventId::parse("glow").unwrap();
        loop {
            let view = self.view.event(&event).await.unwrap().unwrap();
            if done(&view) {
                return;
            }
            // A tick with the present stamp has been folded: time may go on.
            if view.clock.1 == self.clock.now() {
                self.clock.advance_ms(1000);
            }
            let next = LogPosition {
                offset: view.version.offset + 1,
                ..view.version
            };
            self.view.reached(&event, next).await.unwrap();
        }
    }

    /// A fresh operator's key.
    pub(crate) fn key(&self) -> String {
        *self.keys_used.borrow_mut() += 1;
        format!("operator-key-{:08}", self.keys_used.borrow())
    }

    /// As the owner, under a fresh key.
    pub(crate) async fn office(&self, method: Method, path: &str, body: Option<Value>) -> Said {
        let key = self.key();
        self.office_as(&self.token, &key, method, path, body).await
    }

    pub(crate) async fn office_as(
        &self,
        token: &str,
        key: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Said {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {token}"))
            .header("idempotency-key", key);
        let request = match body {
            Some(body) => request
                .header(CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        said(self.office.clone().oneshot(request.unwrap()).await.unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Said {
        said(self.public.clone().oneshot(request).await.unwrap()).await
    }

    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser {
            shop: self,
            jar: RefCell::default(),
        }
    }

    /// A browser whose shopper is in the booking room.
    pub(crate) async fn inside(&self) -> Browser<'_> {
        let browser = self.browser();
        let joined = browser
            .ask(Method::POST, "/v1/events/glow/places")
            .wait()
            .send()
            .await;
        assert_eq!(joined.body["state"], "admitted", "{}", joined.body);
        let entered = browser
            .ask(Method::POST, "/v1/events/glow/places/me/enter")
            .wait()
            .send()
            .await;
        assert_eq!(entered.body["state"], "inside", "{}", entered.body);
        browser
    }
}

pub(crate) fn definition() -> Value {
    let slot = |id: &str, hour: u32, capacity: u32| json!({"id": id, "starts_at": format!("2026-12-05T{hour}:00:00+09:00"), "ends_at": format!("2026-12-05T{hour}:30:00+09:00"), "capacity": capacity});
    json!({
        "id": "glow", "title": {"ko": "글로우", "en": "Glow"}, "venue": {"ko": "성수"}, "time_zone": "Asia/Seoul",
        "opens_at": "2026-12-05T10:00:00+09:00", "closes_at": "2026-12-05T18:00:00+09:00",
        "slots": [slot("1100", 11, 3), slot("1200", 12, 1)],
    })
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Said {
    #[track_caller]
    pub(crate) fn is(&self, status: u16, code: &str) {
        let said = self.body["code"].as_str().filter(|_| status >= 400);
        assert_eq!(
            (self.status, said.unwrap_or("")),
            (status, code),
            "{}",
            self.text
        );
        if !code.is_empty() {
            assert_eq!(self.headers[CONTENT_TYPE], "application/problem+json");
            assert_eq!(self.body["status"], status);
            assert!(self.body["title"].is_string() && self.body["detail"].is_string());
            assert_eq!(
                self.body["retry_after_ms"].is_u64(),
                self.headers.contains_key("retry-after"),
                "{}",
                self.text
            );
        }
    }
}

pub(crate) async fn said(response: http::Response<Body>) -> Said {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Said {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: serde_json::from_str(&text).unwrap_or_default(),
        text,
    }
}

/// Keeps cookies.
pub(crate) struct Browser<'a> {
    shop: &'a Shop,
    pub(crate) jar: RefCell<BTreeMap<String, String>>,
}

impl<'a> Browser<'a> {
    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask<'a, '_> {
        Ask {
            browser: self,
            request: Request::builder().method(method).uri(path),
            body: Body::empty(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Said {
        self.ask(Method::GET, path).send().await
    }

    pub(crate) async fn reserve(&self, key: &str, slot: &str, seats: u32) -> Said {
        self.ask(Method::POST, "/v1/events/glow/reservations")
            .wait()
            .header("idempotency-key", key)
            .json(json!({"slot": slot, "seats": seats}))
            .send()
            .await
    }

    fn keep(&self, headers: &HeaderMap) {
        for set in headers.get_all(SET_COOKIE) {
            let text = set.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                self.jar.borrow_mut().remove(name);
            } else {
                self.jar
                    .borrow_mut()
                    .insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

pub(crate) struct Ask<'a, 'b> {
    browser: &'b Browser<'a>,
    request: http::request::Builder,
    body: Body,
}

impl Ask<'_, '_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn wait(self) -> Self {
        self.header("prefer", "wait=10")
    }

    pub(crate) fn json(mut self, body: Value) -> Self {
        self.body = Body::from(body.to_string());
        self.header("content-type", "application/json")
    }

    pub(crate) fn form(mut self, body: &str) -> Self {
        self.body = Body::from(body.to_owned());
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    pub(crate) fn raw(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn request(self) -> Request<Body> {
        let cookies: Vec<String> = self
            .browser
            .jar
            .borrow()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = if cookies.is_empty() {
            self.request
        } else {
            self.request.header(COOKIE, cookies.join("; "))
        };
        request.body(self.body).unwrap()
    }

    pub(crate) async fn send(self) -> Said {
        let browser = self.browser;
        let said = browser.shop.send(self.request()).await;
        browser.keep(&said.headers);
        said
    }
}

pub(crate) fn created(status: u16) -> bool {
    status == 201
}
