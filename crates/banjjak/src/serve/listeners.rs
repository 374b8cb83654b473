//! The three listeners: bound early, so that a taken port is found before a store is opened; served later.

use crate::config::Config;
use anyhow::Context as _;
use queue_edge::ConnectionLimits;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// Connections that may wait to be accepted; the system may allow fewer.
const BACKLOG: u32 = 4096;

/// Bound, not yet served.
#[derive(Debug)]
pub(super) struct Listeners {
    pub(super) public: TcpListener,
    pub(super) operator: TcpListener,
    pub(super) health: TcpListener,
}

/// Where the listeners are: with the ports that the machine picked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    pub(super) public: SocketAddr,
    pub(super) operator: SocketAddr,
    pub(super) health: SocketAddr,
}

impl Listeners {
    /// Binds all three.
    ///
    /// # Errors
    /// Names the setting whose address cannot be had.
    pub(super) fn bind(config: &Config) -> anyhow::Result<Self> {
        Ok(Self {
            public: bind("public.listen", config.public.listen)?,
            operator: bind("operator.listen", config.operator.listen)?,
            health: bind("health.listen", config.health.listen)?,
        })
    }

    /// Where they are.
    ///
    /// # Errors
    /// When the system does not say.
    pub(super) fn addresses(&self) -> std::io::Result<Addresses> {
        Ok(Addresses {
            public: self.public.local_addr()?,
            operator: self.operator.local_addr()?,
            health: self.health.local_addr()?,
        })
    }
}

fn bind(setting: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let open = || {
        let socket = if address.is_ipv4() {
            tokio::net::TcpSocket::new_v4()?
        } else {
            tokio::net::TcpSocket::new_v6()?
        };
        // A restart takes its address back while old connections linger.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    open().with_context(|| format!("{setting}: cannot listen on {address}"))
}

/// What a peer of the public listener can hold.
pub(super) fn public_limits(config: &Config) -> ConnectionLimits {
    limits(config, config.public.connections_max)
}

/// What an operator's client can hold.
pub(super) fn operator_limits(config: &Config) -> ConnectionLimits {
    limits(config, config.operator.connections_max)
}

/// What a probe can hold.
pub(super) fn health_limits(config: &Config) -> ConnectionLimits {
    limits(config, config.health.connections_max)
}

fn limits(config: &Config, connections_max: u32) -> ConnectionLimits {
    ConnectionLimits {
        max_connections: connections_max as usize,
        max_head_bytes: config.public.head_bytes_max as usize,
        max_headers: config.public.headers_max as usize,
        head_timeout: milliseconds(config.public.head_timeout_ms),
        write_timeout: milliseconds(config.public.write_timeout_ms),
        drain_timeout: milliseconds(config.process.drain_timeout_ms),
    }
}

/// A setting in milliseconds.
pub(super) fn milliseconds(value: u32) -> Duration {
    Duration::from_millis(u64::from(value))
}
