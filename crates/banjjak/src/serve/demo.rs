//! The demo event: made at first start through the operator API's own route, as any operator would make it.

use super::site::Site;
use anyhow::{Context as _, ensure};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};
use queue_domain::{EventId, Stamp};
use serde_json::{Value, json};
use std::path::Path;
use tower::ServiceExt as _;

/// Its id.
pub(super) const EVENT: &str = "glow-seongsu";
const ZONE: &str = "Asia/Seoul";
const SLOTS: i64 = 18;
const SLOT_MINUTES: i64 = 30;
const CAPACITY: u32 = 200;
/// The most of an answer that is read for a message.
const ANSWER_MAX: usize = 64 * 1024;

/// Creates it unless it is there; its day is the next one in its own time zone.
///
/// # Errors
/// When the operator API refuses it, which only a fault in this file explains.
pub(super) async fn create_once(site: &Site, keys_folder: &Path) -> anyhow::Result<&'static str> {
    let event = EventId::parse(EVENT).context("the demo event's id")?;
    if site.stores.directory.partition(&event).is_some() {
        return Ok(EVENT);
    }
    let token = queue_edge::keys::operators::token(
        &keys_folder.join(queue_edge::keys::OPERATORS),
        super::OWNER,
    )?;
    let body = definition(site.clock.now())?.to_string();
    let request = Request::post("/admin/v1/events")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", "demo-event-glow-seongsu")
        .body(Body::from(body))?;
    let answer = site.operator.clone().oneshot(request).await?;
    let status = answer.status();
    let body = axum::body::to_bytes(answer.into_body(), ANSWER_MAX)
        .await
        .unwrap_or_default();
    ensure!(
        matches!(status, StatusCode::OK | StatusCode::ACCEPTED),
        "the demo event was refused: {status} {}",
        String::from_utf8_lossy(&body)
    );
    tracing::info!(event.id = EVENT, "the demo event was created");
    Ok(EVENT)
}

/// Open now, closing on the evening of its day, which is tomorrow.
fn definition(now: Stamp) -> anyhow::Result<Value> {
    let now = Timestamp::from_millisecond(i64::try_from(now.0)?)?.to_zoned(TimeZone::get(ZONE)?);
    let day = now.date().tomorrow()?;
    let first = day.at(9, 0, 0, 0).to_zoned(now.time_zone().clone())?;
    let slots: Vec<Value> = (0..SLOTS)
        .map(|number| slot(&first, number))
        .collect::<Result<_, jiff::Error>>()?;
    let closes = day
        .to_zoned(now.time_zone().clone())?
        .with()
        .time(time(18, 0, 0, 0))
        .build()?;
    Ok(json!({
        "id": EVENT,
        "title": { "ko": "글로우 성수: 빛을 머금은 하루", "en": "GLOW Seongsu: a day of soft light" },
        "venue": { "ko": "서울 성동구 연무장길, 성수 글로우 하우스", "en": "Glow House, Yeonmujang-gil, Seongsu, Seoul" },
        "rules": {
            "ko": "한 분당 한 타임을 예약할 수 있으며 일행은 최대 네 분까지 함께 입장합니다. 예약 시간 10분 전까지 도착해 주세요.",
            "en": "One time slot per guest, for a party of up to four. Please arrive ten minutes before your slot."
        },
        "privacy": {
            "ko": "이메일은 예약 안내에만 쓰이며 행사가 끝나고 30일 뒤 파기됩니다.",
            "en": "Your e-mail address is used for this booking only and destroyed thirty days after the event."
        },
        "notice": {
            "ko": "새 쿠션 파운데이션과 립 글로우를 가장 먼저 만나 보세요. 방문하신 모든 분께 미니어처 키트를 드립니다.",
            "en": "Be the first to try the new cushion and lip glow. Every guest takes home a miniature set."
        },
        "accent": "#b3475f",
        "time_zone": ZONE,
        "lobby_opens_at": spelled(&now.checked_sub(30.minutes())?),
        "opens_at": spelled(&now),
        "closes_at": spelled(&closes),
        "lobby": "arrival",
        "retention_days": 30,
        "slots": slots,
    }))
}

fn slot(first: &Zoned, number: i64) -> Result<Value, jiff::Error> {
    let starts = first.checked_add((number * SLOT_MINUTES).minutes())?;
    let ends = starts.checked_add(SLOT_MINUTES.minutes())?;
    Ok(json!({
        "id": starts.strftime("%H%M").to_string(),
        "starts_at": spelled(&starts),
        "ends_at": spelled(&ends),
        "capacity": CAPACITY,
    }))
}

fn spelled(time: &Zoned) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_has_eighteen_slots_tomorrow_and_is_open_now() {
        // 23:30 in Seoul: the next day there, not the machine's.
        let now: Timestamp = "2026-12-04T14:30:00Z".parse().unwrap();
        let definition = definition(Stamp(u64::try_from(now.as_millisecond()).unwrap())).unwrap();
        let slots = definition["slots"].as_array().unwrap();
        assert_eq!(slots.len(), 18);
        assert_eq!(
            (slots[0]["id"].as_str(), slots[17]["id"].as_str()),
            (Some("0900"), Some("1730"))
        );
        assert_eq!(slots[0]["starts_at"], "2026-12-05T09:00:00+09:00");
        assert_eq!(definition["opens_at"], "2026-12-04T23:30:00+09:00");
        assert_eq!(definition["closes_at"], "2026-12-05T18:00:00+09:00");
    }
}
