//! Sends a call and says what came of it: the retry of an unknown under the same key, and the exit code.

use super::action::{Call, View};
use super::{Ending, note, say, show};
use crate::client::{Answer, Client, ClientError};
use serde_json::Value;
use std::time::Duration;

/// How often a change without an answer is sent again under its key.
const TRIES: u32 = 4;
/// Between two looks at a pending command or at the counts.
const PACE: Duration = Duration::from_secs(1);
/// How often a pending command is asked after.
const LOOKS: u32 = 10;

/// Sends the call once, or until its outcome is known.
pub(super) async fn once(client: &Client, call: &Call, key: Option<&str>, as_json: bool) -> Ending {
    let key = key.map_or_else(
        || uuid::Uuid::new_v4().simple().to_string(),
        ToOwned::to_owned,
    );
    if call.changes() {
        note(&format!("key {key}"));
    }
    match answered(client, call, &key).await {
        Err(error) => {
            note(&error.to_string());
            failure(&error)
        }
        Ok(answer) => {
            let answer = if answer.status == 202 {
                decided(client, answer).await
            } else {
                answer
            };
            tell(&answer, call.view, as_json)
        }
    }
}

/// Shows the counts every second until nobody reads them.
pub(super) async fn watch(client: &Client, call: &Call, as_json: bool) -> Ending {
    let mut misses = 0;
    loop {
        match client.get(&call.path).await {
            Ok(answer) if answer.status == 200 => {
                misses = 0;
                let text = if as_json {
                    answer.json().to_string()
                } else {
                    show::stats_line(&answer.json())
                };
                if !say(&text) {
                    return Ending::Done;
                }
            }
            Ok(answer) if answer.status.is_client_error() => {
                return tell(&answer, call.view, as_json);
            }
            Ok(answer) => note(&format!("server says {}", answer.status)),
            Err(error) => {
                misses += 1;
                note(&error.to_string());
                if misses == LOOKS {
                    return failure(&error);
                }
            }
        }
        tokio::time::sleep(PACE).await;
    }
}

fn failure(error: &ClientError) -> Ending {
    match error {
        ClientError::Usage(_) => Ending::Usage,
        ClientError::Unreachable { .. } => Ending::Unreachable,
        ClientError::Unknown { .. } => Ending::Undecided,
    }
}

/// A change that got no answer, or `outcome_unknown`, is sent again under the same key: the server then tells the outcome.
async fn answered(client: &Client, call: &Call, key: &str) -> Result<Answer, ClientError> {
    let headers: &[(&'static str, &str)] = if call.changes() {
        &[("idempotency-key", key)]
    } else {
        &[]
    };
    let mut tried = 1;
    loop {
        let body = call
            .body
            .as_ref()
            .map(|(kind, bytes)| (*kind, bytes.clone()));
        let got = client
            .call(call.method.clone(), &call.path, headers, body)
            .await;
        let again = match &got {
            Ok(answer) => answer.status == 503,
            Err(ClientError::Unknown { .. }) => true,
            // After a try that may have arrived, an unreachable server is still a question without an answer.
            Err(ClientError::Unreachable { .. }) => tried > 1,
            Err(ClientError::Usage(_)) => false,
        };
        if !again || tried == TRIES {
            return match got {
                Err(ClientError::Unreachable { address, source }) if tried > 1 => {
                    Err(ClientError::Unknown {
                        address,
                        detail: source.to_string(),
                    })
                }
                other => other,
            };
        }
        tried += 1;
        note("no outcome yet, asking again with the same key");
        tokio::time::sleep(PACE).await;
    }
}

/// Asks after an accepted command until the fold has decided it.
async fn decided(client: &Client, accepted: Answer) -> Answer {
    let location = accepted.header("location").to_owned();
    if !location.starts_with('/') {
        return accepted;
    }
    for _ in 0..LOOKS {
        tokio::time::sleep(PACE).await;
        match client.get(&location).await {
            Ok(answer) if answer.status == 202 || answer.json()["state"] == "pending" => {}
            Ok(answer) if answer.status.is_success() || answer.status == 409 => return answer,
            _ => {}
        }
    }
    accepted
}

fn tell(answer: &Answer, view: View, as_json: bool) -> Ending {
    let status = answer.status.as_u16();
    let ending = ending(status, &answer.json());
    if view == View::Raw && ending == Ending::Done {
        say(String::from_utf8_lossy(&answer.body).trim_end());
        return ending;
    }
    let body = answer.json();
    if ending == Ending::Done || as_json {
        say(&if as_json {
            body.to_string()
        } else {
            show::answer(&body, view).trim_end().to_owned()
        });
        if body["check_in"].is_object() && body["check_in"]["result"] != "accepted" {
            return Ending::Refused;
        }
    } else {
        note(&show::problem(status, &body));
    }
    ending
}

fn ending(status: u16, body: &Value) -> Ending {
    match status {
        _ if body["state"] == "refused" => Ending::Refused,
        202 => Ending::Undecided,
        200..=299 => Ending::Done,
        409 => Ending::Refused,
        401 | 403 => Ending::NotAllowed,
        500.. if body["code"] == "outcome_unknown" => Ending::Undecided,
        429 | 500.. => Ending::Unreachable,
        _ => Ending::Usage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_answer_has_its_exit_code() {
        for (status, body, expected) in [
            (200, json!({"state": "done"}), Ending::Done),
            (
                200,
                json!({"state": "refused", "reason": "wrong_phase"}),
                Ending::Refused,
            ),
            (202, json!({}), Ending::Undecided),
            (409, json!({"code": "below_confirmed"}), Ending::Refused),
            (401, json!({}), Ending::NotAllowed),
            (403, json!({}), Ending::NotAllowed),
            (404, json!({}), Ending::Usage),
            (422, json!({}), Ending::Usage),
            (429, json!({}), Ending::Unreachable),
            (503, json!({"code": "overloaded"}), Ending::Unreachable),
            (503, json!({"code": "outcome_unknown"}), Ending::Undecided),
        ] {
            assert_eq!(ending(status, &body), expected, "{status} {body}");
        }
    }
}
