//! The server under rehearsal, started, killed and started again by the rehearsal itself. It knows the command line's contract
//! (a ready line in JSON, /readyz, /metrics) and nothing inside.

use crate::client::{Base, Client};
use anyhow::{Context, bail};
use serde::Deserialize;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::fs::OpenOptions;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio_util::task::TaskTracker;

/// Longest start: a debug build on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(120);
/// Longest stop after SIGTERM.
const STOP_LIMIT: Duration = Duration::from_secs(40);
/// Between two questions whether it is ready.
const READY_PACE: Duration = Duration::from_millis(20);

/// What the server prints when it listens.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Ready {
    /// `http://…` of the public listener.
    pub(crate) public: String,
    /// `http://…` of the operator listener.
    pub(crate) operator: String,
    /// `http://…` of the health listener.
    pub(crate) health: String,
    /// The first operator's token.
    pub(crate) token: Option<String>,
}

/// A running server.
pub(crate) struct Server {
    command: Vec<String>,
    log: std::path::PathBuf,
    tasks: TaskTracker,
    child: Child,
    /// Where it listens.
    pub(crate) ready: Ready,
}

impl Server {
    /// Starts it and waits until it is ready. What it prints goes to `log`.
    pub(crate) async fn start(
        command: &str,
        log: &Path,
        tasks: &TaskTracker,
    ) -> anyhow::Result<Self> {
        let command: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        if command.is_empty() {
            bail!("--spawn needs a command");
        }
        let (child, ready) = launch(&command, log, tasks).await?;
        Ok(Self {
            command,
            log: log.to_owned(),
            tasks: tasks.clone(),
            child,
            ready,
        })
    }

    /// Kills it with SIGKILL: it gets no chance to do anything.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("cannot kill the server")
    }

    /// Starts it again.
    pub(crate) async fn restart(&mut self) -> anyhow::Result<()> {
        (self.child, self.ready) = launch(&self.command, &self.log, &self.tasks).await?;
        Ok(())
    }

    /// Whether it has ended by itself.
    pub(crate) fn gone(&mut self) -> Option<std::process::ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Stops it with SIGTERM and waits.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        let id = self
            .child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw);
        if let Some(id) = id {
            rustix::process::kill_process(id, rustix::process::Signal::TERM)
                .context("cannot stop the server")?;
        }
        match tokio::time::timeout(STOP_LIMIT, self.child.wait()).await {
            Ok(status) => {
                let status = status.context("cannot wait for the server")?;
                if !status.success() {
                    bail!("the server ended with {status}");
                }
                Ok(())
            }
            Err(_) => {
                self.child.kill().await.context("cannot kill the server")?;
                bail!(
                    "the server did not stop within {} s of SIGTERM",
                    STOP_LIMIT.as_secs()
                )
            }
        }
    }

    /// Sum of a metric over its labels; none when it is absent or cannot be read.
    pub(crate) async fn metric(&self, name: &str) -> Option<u64> {
        let client = Client::new(
            Base::parse(&self.ready.health).ok()?,
            None,
            Duration::from_secs(5),
        );
        let answer = client.get("/metrics").await.ok()?;
        sum(&String::from_utf8_lossy(&answer.body), name)
    }
}

/// Sum of the samples of `name` in the text format of Prometheus.
fn sum(text: &str, name: &str) -> Option<u64> {
    let values = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        let value = match rest.strip_prefix('{') {
            Some(labelled) => labelled.rsplit_once('}')?.1,
            None => rest.strip_prefix(' ')?,
        };
        value.split_whitespace().next()?.parse::<f64>().ok()
    });
    let values: Vec<f64> = values.collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() as u64)
}

async fn launch(
    command: &[String],
    log: &Path,
    tasks: &TaskTracker,
) -> anyhow::Result<(Child, Ready)> {
    let errors = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .with_context(|| format!("cannot write {}", log.display()))?;
    let mut child = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(errors)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", command[0]))?;
    let lines = BufReader::new(child.stdout.take().context("the server has no output")?);
    match tokio::time::timeout(START_LIMIT, listening(lines, log, tasks)).await {
        Ok(ready) => Ok((child, ready?)),
        Err(_) => bail!(
            "the server did not get ready within {} s; see {}",
            START_LIMIT.as_secs(),
            log.display()
        ),
    }
}

/// Waits for the ready line, then for /readyz. What else is printed is kept, and goes on being read.
async fn listening(
    mut output: BufReader<ChildStdout>,
    log: &Path,
    tasks: &TaskTracker,
) -> anyhow::Result<Ready> {
    let mut kept = OpenOptions::new().append(true).open(log).await?;
    let mut line = String::new();
    let ready: Ready = loop {
        line.clear();
        if output.read_line(&mut line).await? == 0 {
            bail!(
                "the server ended before it was ready; see {}",
                log.display()
            );
        }
        if let Ok(ready) = serde_json::from_str(&line) {
            break ready;
        }
        kept.write_all(line.as_bytes()).await?;
    };
    tasks.spawn(async move {
        // Ends with the server; a full disk only loses its words.
        let _ = tokio::io::copy(&mut output, &mut kept).await;
    });
    let health = Client::new(Base::parse(&ready.health)?, None, Duration::from_secs(5));
    while !health
        .get("/readyz")
        .await
        .is_ok_and(|answer| answer.status == 200)
    {
        tokio::time::sleep(READY_PACE).await;
    }
    Ok(ready)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_summed_over_its_labels() {
        let text = "# HELP a_b x\na_b{p=\"0\"} 3\na_b{p=\"1\"} 4\na_bc 9\nplain 2\n";
        assert_eq!(sum(text, "a_b"), Some(7));
        assert_eq!(sum(text, "plain"), Some(2));
        assert_eq!(sum(text, "absent"), None);
    }
}
