//! The client: connections that are kept, each with one join under way, by strangers. As thin as it can be, so that the server is
//! what is measured. With a pace it is an open loop: latency counts from when a request was meant to be sent.

use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const ACCEPTED: u16 = 202;

/// When to send.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// The next as soon as the last is answered.
    Saturated,
    /// So many a second over all connections, whatever the answers do.
    PerSecond(f64),
}

/// What came back.
#[derive(Default)]
pub(crate) struct Answers {
    /// From the intended time of sending to the last byte, for accepted joins, in microseconds.
    latencies_us: Vec<u32>,
    /// Other answers by status.
    pub(crate) others: BTreeMap<u16, u64>,
    time: Duration,
}

impl Answers {
    /// Joins accepted.
    pub(crate) fn accepted(&self) -> usize {
        self.latencies_us.len()
    }

    /// Joins accepted a second.
    pub(crate) fn per_second(&self) -> f64 {
        self.latencies_us.len() as f64 / self.time.as_secs_f64()
    }

    /// A percentile of the latency, in milliseconds.
    pub(crate) fn percentile_ms(&self, percent: f64) -> f64 {
        let last = self.latencies_us.len().saturating_sub(1);
        let at = (last as f64 * percent / 100.0).round() as usize;
        self.latencies_us
            .get(at)
            .map_or(f64::NAN, |latency| f64::from(*latency) / 1000.0)
    }
}

/// Loads the server for so long.
pub(crate) async fn load(address: SocketAddr, pace: Pace, time: Duration) -> Result<Answers> {
    let mut streams = Vec::new();
    for _ in 0..crate::CONNECTIONS {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let begun = Instant::now();
    let mut connections = JoinSet::new();
    for (number, stream) in streams.into_iter().enumerate() {
        connections.spawn(connection(stream, number, pace, begun, time));
    }
    let mut answers = Answers::default();
    while let Some(ended) = connections.join_next().await {
        let one = ended??;
        answers.latencies_us.extend(one.latencies_us);
        for (status, count) in one.others {
            *answers.others.entry(status).or_default() += count;
        }
    }
    answers.time = begun.elapsed();
    answers.latencies_us.sort_unstable();
    Ok(answers)
}

async fn connection(
    mut stream: TcpStream,
    number: usize,
    pace: Pace,
    begun: Instant,
    time: Duration,
) -> Result<Answers> {
    let body = r#"{"slot":"1000"}"#;
    let request = format!(
        "POST /v1/events/glow-seongsu/places HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut answers = Answers::default();
    let mut buffer = Vec::with_capacity(4096);
    let mut turn = number;
    loop {
        let intended = match pace {
            Pace::Saturated => Instant::now(),
            Pace::PerSecond(rate) => begun + Duration::from_secs_f64(turn as f64 / rate),
        };
        if intended >= begun + time {
            return Ok(answers);
        }
        if intended > Instant::now() {
            tokio::time::sleep_until(intended.into()).await;
        }
        stream.write_all(request.as_bytes()).await?;
        match answer(&mut stream, &mut buffer).await? {
            ACCEPTED => {
                let latency = u32::try_from(intended.elapsed().as_micros());
                answers.latencies_us.push(latency.unwrap_or(u32::MAX));
            }
            other => *answers.others.entry(other).or_default() += 1,
        }
        turn += crate::CONNECTIONS;
    }
}

/// Reads one answer to its end; its status.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<u16> {
    buffer.clear();
    loop {
        anyhow::ensure!(stream.read_buf(buffer).await? > 0, "the server hung up");
        let Some(head) = buffer.windows(4).position(|end| end == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&buffer[..head])?;
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .context("an answer without a length")?;
        if buffer.len() >= head + 4 + length.parse::<usize>()? {
            return Ok(text[9..12].parse()?);
        }
    }
}
