//! Writes the witness: lines go into a buffer under a lock, and a thread of its own carries them to the file, so that a
//! shopper never waits for a disk. Full buffer: the shoppers wait, since a line that is missing would be a lie.

use queue_protocol::witness::Line;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Bytes gathered before the thread is woken.
const WAKE_BYTES: usize = 1 << 20;
/// Bytes that may wait for the disk.
const BUFFER_MAX_BYTES: usize = 64 << 20;
/// Longest time that a line stays in memory.
const LINGER: Duration = Duration::from_millis(200);

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    lines: u64,
    ended: bool,
    failed: Option<std::io::Error>,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    filled: Condvar,
    drained: Condvar,
}

/// Takes lines; cheap to clone. Without a file it drops them.
#[derive(Clone)]
pub(crate) struct Recorder(Option<Arc<Shared>>);

/// The thread behind a recorder.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    thread: std::thread::JoinHandle<()>,
}

impl Recorder {
    /// A recorder that keeps nothing.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Opens the file and starts its writer.
    pub(crate) fn create(path: &Path) -> std::io::Result<(Self, Writer)> {
        let file = File::create(path)?;
        let shared = Arc::new(Shared::default());
        let behind = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("witness".into())
            .spawn(move || carry(&behind, file))?;
        Ok((Self(Some(Arc::clone(&shared))), Writer { shared, thread }))
    }

    /// Takes a line.
    pub(crate) fn write(&self, line: &Line) {
        let Some(shared) = &self.0 else { return };
        let mut waiting = shared
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        while waiting.bytes.len() >= BUFFER_MAX_BYTES && waiting.failed.is_none() {
            waiting = shared
                .drained
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if waiting.failed.is_some() {
            return;
        }
        if let Err(error) = serde_json::to_writer(&mut waiting.bytes, line) {
            waiting.failed = Some(error.into());
            return;
        }
        waiting.bytes.push(b'\n');
        waiting.lines += 1;
        if waiting.bytes.len() >= WAKE_BYTES {
            shared.filled.notify_one();
        }
    }
}

impl Writer {
    /// Waits until every line is on its way to the disk. Returns how many there are.
    pub(crate) fn finish(self) -> std::io::Result<u64> {
        self.shared
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .ended = true;
        self.shared.filled.notify_one();
        if self.thread.join().is_err() {
            return Err(std::io::Error::other("the witness's thread panicked"));
        }
        let mut waiting = self
            .shared
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        waiting.failed.take().map_or(Ok(waiting.lines), Err)
    }
}

fn carry(shared: &Shared, mut file: File) {
    let mut carried = Vec::new();
    loop {
        let ended = {
            let waiting = shared
                .waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let enough = |waiting: &mut Waiting| waiting.bytes.len() < WAKE_BYTES && !waiting.ended;
            let (mut waiting, _) = shared
                .filled
                .wait_timeout_while(waiting, LINGER, enough)
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut waiting.bytes, &mut carried);
            waiting.ended
        };
        shared.drained.notify_all();
        if let Err(error) = file.write_all(&carried) {
            shared
                .waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .failed = Some(error);
            shared.drained.notify_all();
            return;
        }
        carried.clear();
        if ended {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use queue_protocol::witness::End;

    #[test]
    fn every_line_is_in_the_file_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("witness.jsonl");
        let (recorder, writer) = Recorder::create(&path).expect("a file");
        let line = |at_us| {
            Line::End(End {
                at_us,
                quiet: true,
                sold_out: false,
                peak_sockets: 0,
            })
        };
        for at_us in 0..50_000 {
            recorder.write(&line(at_us));
        }
        assert_eq!(writer.finish().expect("written"), 50_000);
        let text = std::fs::read_to_string(&path).expect("readable");
        let read: Vec<Line> = text
            .lines()
            .map(|text| serde_json::from_str(text).expect("a line"))
            .collect();
        assert_eq!(read, (0..50_000).map(line).collect::<Vec<_>>());
    }
}
