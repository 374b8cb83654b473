//! One WebSocket: writes what its outbox holds, listens for life, and ends in good order. Knows nothing of events.
//!
//! Memory is what counts here (tens of thousands of sockets): small buffers, no split halves, one task. The first frame, by far the
//! longest, is written past the WebSocket's own buffer, which would otherwise keep its size for ever.

use crate::limits::Limits;
use crate::metrics::Tally;
use crate::outbox::{Ending, Next, Outbox, Outgoing};
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WsError};
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

/// Bytes of a broken client that are still read and thrown away, so that it can read why it was closed.
const LINGER_BYTES_MAX: usize = 64 * 1024;

/// How a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Finish {
    /// We close it.
    Ours(Ending),
    /// The client closed it in good order.
    Theirs,
    /// The client broke the rules.
    Broken(CloseCode, &'static str),
    /// What we wrote was not taken.
    Stuck,
    /// The client is gone without a word.
    Gone,
}

/// Serves one socket until it ends.
pub(crate) async fn serve<S>(limits: &Limits, tally: &Tally, outbox: &Outbox, mut io: S)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let greeted = greet(limits, tally, outbox, &mut io).await;
    // Clients send pongs, hardly ever more: a quarter of the buffer is for reading.
    let config = WebSocketConfig::default()
        .read_buffer_size(limits.buffer_bytes / 4)
        .write_buffer_size(limits.buffer_bytes)
        .max_message_size(Some(limits.message_max_bytes))
        .max_frame_size(Some(limits.message_max_bytes));
    let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
    let finish = match greeted {
        Ok(()) => exchange(limits, tally, outbox, &mut socket).await,
        Err(finish) => finish,
    };
    close(limits, tally, socket, finish).await;
}

/// Writes the first frame.
async fn greet<S: AsyncWrite + Unpin>(
    limits: &Limits,
    tally: &Tally,
    outbox: &Outbox,
    io: &mut S,
) -> Result<(), Finish> {
    let patience = limits.since_timeout + limits.write_timeout;
    match timeout(patience, outbox.next()).await {
        Ok(Next::Frame(hello)) => {
            let mut bytes = Vec::with_capacity(hello.text.len() + 10);
            Frame::message(
                Bytes::from(hello.text.clone()),
                OpCode::Data(Data::Text),
                true,
            )
            .format(&mut bytes)
            .map_err(|_| Finish::Gone)?;
            match timeout(limits.write_timeout, io.write_all(&bytes)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(Finish::Gone),
                Err(_) => return Err(Finish::Stuck),
            }
            tally.written(&hello);
            Ok(())
        }
        Ok(Next::End(ending)) => Err(Finish::Ours(ending)),
        Err(_) => Err(Finish::Ours(Ending::Unavailable)),
    }
}

async fn exchange<S>(
    limits: &Limits,
    tally: &Tally,
    outbox: &Outbox,
    socket: &mut WebSocketStream<S>,
) -> Finish
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut heard = Instant::now();
    let mut messages = 0;
    let ping = tokio::time::sleep(limits.ping_every);
    tokio::pin!(ping);
    loop {
        tokio::select! {
            next = outbox.next() => match next {
                Next::Frame(first) => {
                    if let Err(finish) = write(limits, tally, outbox, socket, first).await {
                        return finish;
                    }
                }
                Next::End(ending) => return Finish::Ours(ending),
            },
            message = socket.next() => {
                heard = Instant::now();
                match message {
                    Some(Ok(Message::Close(_))) | None => return Finish::Theirs,
                    Some(Ok(Message::Pong(_))) => {}
                    Some(Ok(_)) => {
                        messages += 1;
                        if messages > limits.client_messages_max {
                            return Finish::Broken(CloseCode::Policy, "too many messages");
                        }
                    }
                    Some(Err(error)) => return broken(&error),
                }
            }
            () = &mut ping => {
                if heard.elapsed() >= limits.pong_timeout {
                    return Finish::Gone;
                }
                messages = 0;
                ping.as_mut().reset(Instant::now() + limits.ping_every);
                match timeout(limits.write_timeout, socket.send(Message::Ping(Bytes::new()))).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return Finish::Gone,
                    Err(_) => return Finish::Stuck,
                }
            }
        }
    }
}

/// Writes a frame and all that wait behind it, with one flush.
async fn write<S>(
    limits: &Limits,
    tally: &Tally,
    outbox: &Outbox,
    socket: &mut WebSocketStream<S>,
    first: Outgoing,
) -> Result<(), Finish>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let writing = async {
        let mut next = Some(first);
        while let Some(frame) = next {
            socket.feed(Message::Text(frame.text.clone())).await?;
            tally.written(&frame);
            next = outbox.next_frame();
        }
        socket.flush().await
    };
    match timeout(limits.write_timeout, writing).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Finish::Gone),
        Err(_) => Err(Finish::Stuck),
    }
}

fn broken(error: &WsError) -> Finish {
    match error {
        WsError::Capacity(CapacityError::MessageTooLong { .. }) => {
            Finish::Broken(CloseCode::Size, "message too long")
        }
        WsError::Protocol(
            tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
        ) => Finish::Gone,
        WsError::Protocol(_) => Finish::Broken(CloseCode::Protocol, "not the WebSocket protocol"),
        WsError::Utf8(_) => Finish::Broken(CloseCode::Invalid, "not UTF-8"),
        _ => Finish::Gone,
    }
}

/// Ends the socket: says why, and waits a little for the client's answer.
async fn close<S>(limits: &Limits, tally: &Tally, mut socket: WebSocketStream<S>, finish: Finish)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let patience = limits.close_timeout;
    let code = match finish {
        Finish::Ours(ending) => {
            if let Some(frame) = ending.last_words() {
                let _gone = timeout(patience, socket.send(Message::Text(frame.text.clone()))).await;
                tally.written(&frame);
            }
            let (code, reason) = ending.close();
            let frame = CloseFrame {
                code,
                reason: Utf8Bytes::from_static(reason),
            };
            let _late = timeout(patience, shake_hands(&mut socket, Some(frame))).await;
            u16::from(code)
        }
        Finish::Theirs => {
            let _late = timeout(patience, shake_hands(&mut socket, None)).await;
            1000
        }
        Finish::Broken(code, reason) => {
            let frame = CloseFrame {
                code,
                reason: Utf8Bytes::from_static(reason),
            };
            let _late = timeout(patience, say_and_drain(&mut socket, frame)).await;
            u16::from(code)
        }
        Finish::Stuck => {
            let frame = CloseFrame {
                code: CloseCode::Again,
                reason: Utf8Bytes::from_static("too slow"),
            };
            let _stuck = timeout(Duration::from_millis(50), socket.close(Some(frame))).await;
            1013
        }
        Finish::Gone => 1006,
    };
    tally.closed(code);
}

/// Sends our close frame, if it is ours to send, and reads until the client has answered and the stream has ended.
async fn shake_hands<S>(socket: &mut WebSocketStream<S>, frame: Option<CloseFrame>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if let Some(frame) = frame
        && socket.close(Some(frame)).await.is_err()
    {
        return;
    }
    while let Some(Ok(_)) = socket.next().await {}
}

/// Says why, then throws away what the client still sends: unread bytes would make the kernel reset the connection and with it
/// the reason.
async fn say_and_drain<S>(socket: &mut WebSocketStream<S>, frame: CloseFrame)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if socket.close(Some(frame)).await.is_err() {
        return;
    }
    let io = socket.get_mut();
    if io.shutdown().await.is_err() {
        return;
    }
    let mut waste = [0; 512];
    let mut drained = 0;
    while let Ok(count @ 1..) = io.read(&mut waste).await {
        drained += count;
        if drained > LINGER_BYTES_MAX {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;
    use prometheus::Registry;
    use queue_protocol::http::Frame as Said;

    fn tally() -> Tally {
        Tally::new(Metrics::register(&Registry::new()).unwrap())
    }

    fn frame(after_ms: u64) -> Outgoing {
        Outgoing::encode(&Said::Reconnect { after_ms }, "reconnect", None)
    }

    /// A reader that takes nothing more than a pipe of 64 bytes holds.
    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_nothing_is_given_up_and_its_outbox_was_not_emptied() {
        let (io, _silent) = tokio::io::duplex(64);
        let limits = Limits {
            buffer_bytes: 64,
            ..Limits::default()
        };
        let outbox = Outbox::default();
        outbox.push([frame(0)]);
        outbox.push((1..8).map(frame));
        serve(&limits, &tally(), &outbox, io).await;
        assert!(!outbox.is_empty(), "what was not written still waits");
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_is_written_before_the_close() {
        let (io, client) = tokio::io::duplex(4096);
        let (limits, tally, outbox) = (Limits::default(), tally(), Outbox::default());
        outbox.push([frame(1), frame(2)]);
        outbox.end(Ending::Restart { after_ms: 3 });
        let client = async {
            let mut client = WebSocketStream::from_raw_socket(client, Role::Client, None).await;
            let mut seen = Vec::new();
            while let Some(Ok(message)) = client.next().await {
                seen.push(message);
            }
            seen
        };
        let ((), seen) = tokio::join!(serve(&limits, &tally, &outbox, io), client);
        let texts: Vec<_> = seen
            .iter()
            .filter_map(|message| message.to_text().ok())
            .collect();
        let said = |after_ms| serde_json::to_string(&Said::Reconnect { after_ms }).unwrap();
        assert_eq!(texts[..3], [said(1), said(2), said(3)]);
        assert!(matches!(&seen[3], Message::Close(Some(close)) if u16::from(close.code) == 1012));
    }
}
