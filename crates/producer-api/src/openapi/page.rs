//! An OpenAPI document as one page of HTML for people: no script, nothing from elsewhere.

use serde_json::Value;
use std::fmt::Write as _;

const STYLE: &str = "body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1815;background:#fbf8f5}\
h1{font-size:1.6rem}h2{margin-top:2.5rem;border-bottom:1px solid #ccc}h3{margin:2rem 0 .2rem;font-size:1rem}\
code,pre{font:14px/1.5 ui-monospace,monospace}pre{background:#f1ebe5;padding:.7rem;overflow:auto}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0;border-top:1px solid #e2dad2}\
b.m{display:inline-block;min-width:4.5rem}@media(prefers-color-scheme:dark){body{color:#f1ebe5;background:#24201d}pre{background:#332d29}td,th{border-color:#453d37}a{color:#e5a5b5}}";

/// Renders the document.
pub(super) fn render(document: &str) -> String {
    let document: Value = serde_json::from_str(document).unwrap_or_default();
    let title = text(&document["info"]["title"]);
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1><p>{}</p><p><a href=\"/openapi.json\">openapi.json</a></p>",
        text(&document["info"]["description"])
    );
    for tag in document["tags"].as_array().into_iter().flatten() {
        add(&mut page, format_args!("<h2>{}</h2>", text(&tag["name"])));
        operations(&mut page, &document, &tag["name"]);
    }
    page.push_str("<h2>Objects</h2>");
    for (name, schema) in document["components"]["schemas"]
        .as_object()
        .into_iter()
        .flatten()
    {
        add(
            &mut page,
            format_args!("<h3 id=\"{0}\">{0}</h3>", escaped(name)),
        );
        object(&mut page, schema);
    }
    page.push_str("</main></body></html>");
    page
}

fn operations(page: &mut String, document: &Value, tag: &Value) {
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            if operation["tags"][0] == *tag {
                add(
                    page,
                    format_args!(
                        "<h3><b class=\"m\">{}</b><code>{}</code></h3>",
                        method.to_uppercase(),
                        escaped(path)
                    ),
                );
                one(page, document, operation);
            }
        }
    }
}

fn one(page: &mut String, document: &Value, operation: &Value) {
    add(
        page,
        format_args!(
            "<p>{}. {}</p><table>",
            text(&operation["summary"]),
            text(&operation["description"])
        ),
    );
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let example = parameter
            .get("example")
            .map(|example| format!(" Example: <code>{}</code>", text(example)));
        add(
            page,
            format_args!(
                "<tr><td>{}</td><td><code>{}</code></td><td>{}{}</td></tr>",
                text(&parameter["in"]),
                text(&parameter["name"]),
                text(&parameter["description"]),
                example.unwrap_or_default()
            ),
        );
    }
    for (kind, body) in operation["requestBody"]["content"]
        .as_object()
        .into_iter()
        .flatten()
    {
        add(
            page,
            format_args!(
                "<tr><td>body</td><td>{}</td><td>{}</td></tr>",
                escaped(kind),
                named(&body["schema"])
            ),
        );
    }
    for (status, response) in operation["responses"].as_object().into_iter().flatten() {
        let response = response["$ref"]
            .as_str()
            .and_then(|name| document.pointer(&name[1..]))
            .unwrap_or(response);
        let content = response["content"]
            .as_object()
            .and_then(|content| content.iter().next());
        let shown = content
            .map(|(kind, body)| format!("{} {}", escaped(kind), named(&body["schema"])))
            .unwrap_or_default();
        add(
            page,
            format_args!(
                "<tr><td>{status}</td><td>{}</td><td>{shown}</td></tr>",
                text(&response["description"])
            ),
        );
    }
    page.push_str("</table>");
}

fn object(page: &mut String, schema: &Value) {
    page.push_str("<table>");
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        add(
            page,
            format_args!(
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                escaped(name),
                named(field),
                text(&field["description"])
            ),
        );
    }
    page.push_str("</table>");
    if let Some(example) = schema.get("example") {
        let shown = serde_json::to_string_pretty(example).unwrap_or_default();
        add(page, format_args!("<pre>{}</pre>", escaped(&shown)));
    }
}

/// A schema in a few words, with a link when it has a name.
fn named(schema: &Value) -> String {
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next())
    {
        return format!("<a href=\"#{0}\">{0}</a>", escaped(name));
    }
    if let Some(first) = schema["oneOf"].get(0) {
        return format!("{} or null", named(first));
    }
    if schema["items"].is_object() {
        return format!("list of {}", named(&schema["items"]));
    }
    if let Some(values) = schema["enum"].as_array() {
        return values
            .iter()
            .filter_map(Value::as_str)
            .map(escaped)
            .collect::<Vec<_>>()
            .join(" | ");
    }
    match &schema["type"] {
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" or "),
        kind => text(kind),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map(escaped).unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn add(page: &mut String, part: std::fmt::Arguments<'_>) {
    page.write_fmt(part)
        .expect("writing to a string cannot fail");
}
