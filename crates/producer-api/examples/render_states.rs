//! Renders every state of the pages from `web/fixtures/states.json` to files: for looking at, for the HTML checks, and, with `--views`, to renew the golden views.
//!
//! `cargo run -p producer-api --example render_states -- OUT_FOLDER [--views web/fixtures/views.json]`

use producer_api::pages::{Assets, ErrorPage, EventPage, Lang, ListPage, Pages, Words, view};
use serde_json::{Map, Value, json};
use std::{env, fs, path::Path};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let out = Path::new(arguments.first().map_or("out/pages", String::as_str));
    let fixtures: Value = serde_json::from_str(include_str!("../../../web/fixtures/states.json"))?;
    let pages = Pages::new();
    fs::create_dir_all(out)?;
    let mut views = Map::new();
    for lang in [Lang::Ko, Lang::En] {
        let words = Words::of(lang);
        for state in fixtures["states"].as_array().into_iter().flatten() {
            let (event, place) = (
                over(&fixtures["event"], &state["event"]),
                state["place"]
                    .is_object()
                    .then(|| over(&fixtures["place"], &state["place"])),
            );
            let now_ms = fixtures["now_ms"].as_i64().unwrap_or(0);
            let name = format!("{}.{}", state["name"].as_str().unwrap_or("?"), lang.tag());
            views.insert(
                name.clone(),
                serde_json::to_value(view(&words, &event, place.as_ref(), now_ms))?,
            );
            let page = EventPage {
                lang,
                event,
                place,
                request_key: "fixture-request-key".into(),
                now_ms,
                origin: "https://example.com".into(),
                problem: None,
            };
            fs::write(out.join(format!("{name}.html")), pages.event(&page))?;
        }
        let events = vec![
            fixtures["event"].clone(),
            over(
                &fixtures["event"],
                &json!({"phase": "closed", "id": "past"}),
            ),
        ];
        fs::write(
            out.join(format!("list.{}.html", lang.tag())),
            pages.list(&ListPage {
                lang,
                events,
                now_ms: 0,
            }),
        )?;
        for (status, code) in [
            (404, "not_found"),
            (503, "starting"),
            (401, "invalid_cookie"),
        ] {
            let page = ErrorPage {
                lang,
                status,
                code: code.into(),
                retry_after_ms: (status == 503).then_some(3_000),
            };
            fs::write(
                out.join(format!("error-{code}.{}.html", lang.tag())),
                pages.error(&page),
            )?;
        }
    }
    if let Some(at) = arguments.iter().position(|argument| argument == "--views") {
        let path = arguments.get(at + 1).ok_or("--views needs a path")?;
        fs::write(path, serde_json::to_string_pretty(&views)? + "\n")?;
    }
    write_assets(&pages, out)
}

fn over(base: &Value, changes: &Value) -> Value {
    let mut all = base.clone();
    for (name, value) in changes.as_object().into_iter().flatten() {
        all[name.as_str()] = value.clone();
    }
    all
}

fn write_assets(pages: &Pages, out: &Path) -> Result<(), Box<dyn std::error::Error>> {
    for name in Assets::names().chain(["accent-b0335f.css"]) {
        let address = pages.assets().address(name);
        let file = out.join(address.trim_start_matches('/'));
        let path = address.trim_start_matches("/assets/");
        fs::create_dir_all(file.parent().ok_or("an asset has a folder")?)?;
        fs::write(
            file,
            pages
                .assets()
                .get(path)
                .ok_or("an asset is at its address")?
                .bytes,
        )?;
    }
    Ok(())
}
