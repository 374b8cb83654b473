//! The event before the crowd comes: made or found, its policy changed, open. Over the public contract only.

use super::args::{Args, Stock};
use super::server::Server;
use crate::client::{Answer, Base, Client};
use crate::clock::SystemClock;
use anyhow::{Context, bail};
use hyper::Method;
use queue_ports::clock::Clock;
use queue_protocol::http;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

/// How long an answer of the operator listener may take.
const LIMIT: Duration = Duration::from_secs(30);

/// Where and what is rehearsed.
pub(crate) struct Setting {
    pub(crate) public: Base,
    pub(crate) event: String,
    pub(crate) slots: Vec<http::Slot>,
    pub(crate) party_max: u32,
    /// The policy's changes, for the record.
    pub(crate) policy: Value,
    /// The machine's clock at the start, milliseconds since the Unix epoch.
    pub(crate) started_ms: u64,
}

/// Where the spawned server's words go.
pub(crate) fn server_log(args: &Args) -> PathBuf {
    args.report.as_ref().map_or_else(
        || PathBuf::from("rehearse-server.log"),
        |folder| folder.join("server.log"),
    )
}

/// Makes or finds the event and changes its policy.
pub(crate) async fn prepare(args: &Args, server: Option<&Server>) -> anyhow::Result<Setting> {
    let (url, operator_url) = match server {
        Some(server) => (server.ready.public.as_str(), server.ready.operator.as_str()),
        None => (args.url.as_str(), args.operator_url.as_str()),
    };
    let (public, operator) = (Base::parse(url)?, Base::parse(operator_url)?);
    args.allowed(&public)?;
    args.allowed(&operator)?;
    let token = args
        .given_token()?
        .or_else(|| server.and_then(|server| server.ready.token.clone()));
    let operator = Client::new(operator, token, LIMIT);
    let policy = crate::events::policy(&args.policy)?;
    let event = match args.make_event {
        None => args.event.clone(),
        Some(stock) => make(&operator, args, stock).await?,
    };
    if !args.policy.is_empty() {
        let answer = change(
            &operator,
            Method::PATCH,
            &format!("/admin/v1/events/{event}/policy"),
            &policy,
            &format!("policy-{}", args.seed),
        )
        .await?;
        expect_done(&answer, "changing the policy")?;
    }
    let shown = Client::new(public.clone(), None, LIMIT)
        .get(&format!("/v1/events/{event}"))
        .await?;
    if shown.status != 200 {
        bail!("there is no event {event} at {url}: {}", shown.json());
    }
    let shown: http::Event =
        serde_json::from_slice(&shown.body).context("the event is not as the contract says")?;
    if shown.phase != "open" && shown.phase != "lobby" {
        bail!("{event} is {}: open it first", shown.phase);
    }
    let started_ms = now_ms();
    Ok(Setting {
        public,
        event,
        slots: shown.slots,
        party_max: shown.party_max,
        policy,
        started_ms,
    })
}

fn now_ms() -> u64 {
    SystemClock.now().0
}

/// An event that is open already, with slots tomorrow.
async fn make(operator: &Client, args: &Args, stock: Stock) -> anyhow::Result<String> {
    let event = format!("{}-{}", args.event, args.seed);
    let answer = change(
        operator,
        Method::POST,
        "/admin/v1/events",
        &definition(&event, stock),
        &format!("make-{event}-rehearsal"),
    )
    .await?;
    expect_done(&answer, "making the event")?;
    Ok(event)
}

fn definition(event: &str, stock: Stock) -> Value {
    let hour = jiff::SignedDuration::from_hours(1);
    let now = jiff::Timestamp::from_millisecond(i64::try_from(now_ms()).unwrap_or_default())
        .unwrap_or_default();
    let tomorrow = now + hour * 24;
    let slots = (0..i32::from(stock.slots)).map(|index| {
        let starts_at = tomorrow + hour * index;
        json!({"id": format!("s{index:03}"), "starts_at": starts_at.to_string(), "ends_at": (starts_at + hour).to_string(), "capacity": stock.seats})
    });
    json!({
        "id": event, "title": {"ko": "리허설", "en": "Rehearsal"}, "time_zone": "Asia/Seoul",
        "lobby_opens_at": (now - hour * 2).to_string(), "opens_at": (now - hour).to_string(), "closes_at": (now + hour * 20).to_string(),
        // Short windows: who never comes must not hold up the standby list for a minute.
        "policy": {"claim_window_s": 3, "session_s": 8},
        "slots": slots.collect::<Vec<_>>(),
    })
}

/// A change by an operator. The key is the same every time, so a repeated rehearsal of the same server does nothing twice.
async fn change(
    operator: &Client,
    method: Method,
    path: &str,
    body: &Value,
    key: &str,
) -> anyhow::Result<Answer> {
    let body = Some(("application/json", body.to_string().into_bytes()));
    Ok(operator
        .call(
            method,
            path,
            &[("idempotency-key", &format!("rehearsal-{key}"))],
            body,
        )
        .await?)
}

fn expect_done(answer: &Answer, what: &str) -> anyhow::Result<()> {
    if answer.status == 200 {
        return Ok(());
    }
    bail!("{what}: {} {}", answer.status, answer.json())
}
