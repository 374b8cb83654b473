//! Running other programs: output shown and kept, bounded in time, nothing left behind. What they print is read
//! elsewhere.

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long the last lines of a program that has ended may take to arrive (a grandchild may hold its output open).
const DRAIN: Duration = Duration::from_secs(2);

/// Process groups that run now, so that an interrupt can end them.
static RUNNING: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// What a program did.
pub(crate) struct Outcome {
    /// It ended by itself, in time, with code 0.
    pub(crate) succeeded: bool,
    /// It was ended because its time was over.
    pub(crate) timed_out: bool,
    /// Both of its output streams, line by line as they came.
    pub(crate) output: String,
}

enum Message {
    Line(String),
    Ended(bool),
}

/// Runs `command` without input, in a process group of its own, shows what it prints and ends the whole group at `limit`.
///
/// # Errors
/// When the program cannot be started.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<Outcome> {
    let deadline = Instant::now() + limit;
    let mut child = Running::start(command)?;
    let (sender, receiver) = channel();
    child.read_output(&sender);
    let group = child.group;
    let ended = thread::spawn(move || sender.send(Message::Ended(child.wait())));

    let mut outcome = Outcome {
        succeeded: false,
        timed_out: false,
        output: String::new(),
    };
    match listen(&receiver, deadline, &mut outcome) {
        Some(succeeded) => outcome.succeeded = succeeded,
        None => {
            outcome.timed_out = true;
            end_group(group);
        }
    }
    // Whatever a finished program left behind goes with it; then its last lines are here.
    end_group(group);
    listen(&receiver, Instant::now() + DRAIN, &mut outcome);
    drop(ended);
    Ok(outcome)
}

/// Takes lines until the program has ended (its success), or `deadline` has passed or every line is in (`None`).
fn listen(receiver: &Receiver<Message>, deadline: Instant, outcome: &mut Outcome) -> Option<bool> {
    loop {
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Message::Line(line)) => {
                show(&line);
                outcome.output.push_str(&line);
                outcome.output.push('\n');
            }
            Ok(Message::Ended(succeeded)) => return Some(succeeded),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
        }
    }
}

fn show(line: &str) {
    // A reader that has gone away is no reason to stop testing.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// A started program; its process group ends with this value.
pub(crate) struct Running {
    child: Child,
    group: i32,
}

impl Running {
    /// Starts `command` with its output in pipes and no input.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let group = i32::try_from(child.id()).context("a process id beyond 31 bits")?;
        RUNNING
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(group);
        Ok(Self { child, group })
    }

    /// Takes lines until one satisfies `wanted`; later output is read and dropped, so that the program never waits for
    /// a reader. `None` when it ended or `limit` passed before.
    pub(crate) fn wait_for(
        &mut self,
        limit: Duration,
        wanted: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let deadline = Instant::now() + limit;
        let (sender, receiver) = channel();
        self.read_output(&sender);
        drop(sender);
        let found = loop {
            match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Message::Line(line)) if wanted(&line) => break Some(line),
                Ok(Message::Line(line)) => show(&line),
                Ok(Message::Ended(_)) | Err(_) => break None,
            }
        };
        thread::spawn(move || receiver.into_iter().for_each(drop));
        found
    }

    fn read_output(&mut self, sender: &Sender<Message>) {
        let streams: [Option<Box<dyn Read + Send>>; 2] = [
            self.child
                .stdout
                .take()
                .map(|stream| Box::new(stream) as Box<dyn Read + Send>),
            self.child
                .stderr
                .take()
                .map(|stream| Box::new(stream) as Box<dyn Read + Send>),
        ];
        for stream in streams.into_iter().flatten() {
            let sender = sender.clone();
            thread::spawn(move || forward(stream, &sender));
        }
    }

    fn wait(&mut self) -> bool {
        self.child.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        end_group(self.group);
        let _ = self.child.wait();
    }
}

fn forward(stream: impl Read, sender: &Sender<Message>) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader
        .read_until(b'\n', &mut line)
        .is_ok_and(|count| count > 0)
    {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        line.clear();
        if sender.send(Message::Line(text)).is_err() {
            return;
        }
    }
}

/// Ends a group that this process started; one that has gone is left alone.
fn end_group(group: i32) {
    if RUNNING
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(&group)
        && let Some(group) = Pid::from_raw(group)
    {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// On Ctrl-C or SIGTERM ends what runs, then this process: children in groups of their own would outlive it.
///
/// # Errors
/// When the signals cannot be taken.
pub(crate) fn end_with_us() -> Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals =
        signal_hook::iterator::Signals::new([SIGINT, SIGTERM]).context("cannot take signals")?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let running: Vec<i32> = RUNNING
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .iter()
                .copied()
                .collect();
            running.into_iter().for_each(end_group);
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_and_code_are_kept() {
        let outcome = run(
            &mut shell("echo out; echo err >&2; exit 3"),
            Duration::from_secs(60),
        )
        .unwrap();
        assert!(!outcome.succeeded && !outcome.timed_out);
        assert!(outcome.output.contains("out\n") && outcome.output.contains("err\n"));
    }

    #[test]
    fn a_program_that_hangs_is_ended_with_its_children() {
        let outcome = run(
            &mut shell("echo before; sh -c 'sleep 600'"),
            Duration::from_millis(500),
        )
        .unwrap();
        assert!(outcome.timed_out && !outcome.succeeded);
    }

    #[test]
    fn a_child_left_behind_does_not_hold_us() {
        let outcome = run(&mut shell("sleep 600 & echo $!"), Duration::from_secs(60)).unwrap();
        assert!(outcome.succeeded && !outcome.timed_out);
        assert!(outcome.output.trim().parse::<u32>().is_ok());
    }

    #[test]
    fn a_server_is_waited_for() {
        let minute = Duration::from_secs(60);
        let mut server =
            Running::start(&mut shell("echo starting; echo ready; sleep 600")).unwrap();
        assert_eq!(
            server.wait_for(minute, |line| line == "ready").as_deref(),
            Some("ready")
        );
        let mut broken = Running::start(&mut shell("echo no such file")).unwrap();
        assert_eq!(broken.wait_for(minute, |line| line == "ready"), None);
    }

    #[test]
    fn there_is_no_input() {
        assert!(
            run(&mut shell("! read -r line"), Duration::from_secs(60))
                .unwrap()
                .succeeded
        );
    }
}
