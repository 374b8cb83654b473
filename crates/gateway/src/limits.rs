//! Every bound of the gateway in one place. The wiring fills it from the configuration; nothing here reads one.

use std::time::Duration;

/// The gateway's bounds. The defaults are those of the shipped configuration.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Most sockets and streams at once; above it the upgrade is answered `503 overloaded`.
    pub sessions_max: usize,
    /// Most sockets and streams of one shopper; above it the oldest is closed with 4409.
    pub per_shopper_max: usize,
    /// Most messages that a client may send between two pings; above it the socket is closed with 1008.
    pub client_messages_max: u32,
    /// Longest message that a client may send, in bytes; above it the socket is closed with 1009.
    pub message_max_bytes: usize,
    /// Write buffer of one socket, in bytes; a quarter of it is the read buffer.
    pub buffer_bytes: usize,
    /// How often one socket is told its rank, slots and counts: at most once in this time.
    pub pace: Duration,
    /// An `alive` frame is sent after this long without any other.
    pub alive_every: Duration,
    /// A ping is sent this often.
    pub ping_every: Duration,
    /// A peer from which nothing came for this long is gone.
    pub pong_timeout: Duration,
    /// A peer that takes longer than this to accept what was written is closed with 1013.
    pub write_timeout: Duration,
    /// How long the peer may take to answer a close frame.
    pub close_timeout: Duration,
    /// How long `since` waits for a view that is behind before it says `stale`.
    pub since_timeout: Duration,
    /// Sockets told to reconnect per second while stopping.
    pub close_per_second: u32,
    /// The longest delay named in a `reconnect` frame; each socket gets a random one up to it.
    pub reconnect_spread: Duration,
    /// An event without sockets is no longer followed after this long.
    pub hub_idle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sessions_max: 100_000,
            per_shopper_max: 4,
            client_messages_max: 16,
            message_max_bytes: 4096,
            buffer_bytes: 1024,
            pace: Duration::from_millis(500),
            alive_every: Duration::from_secs(9),
            ping_every: Duration::from_secs(20),
            pong_timeout: Duration::from_secs(45),
            write_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(2),
            since_timeout: Duration::from_secs(2),
            close_per_second: 2_000,
            reconnect_spread: Duration::from_secs(5),
            hub_idle: Duration::from_secs(60),
        }
    }
}
