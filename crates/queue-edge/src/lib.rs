//! What every HTTP listener shares: the accept loop and its limits, keys, the shopper's cookies, the origin check, problem
//! answers, traces and request metrics. It knows no route, no store and no rule.

pub mod acknowledged;
pub mod address;
pub mod body;
pub mod cookie;
pub mod keys;
pub mod metrics;
pub mod origin;
mod problem;
pub mod proof;
pub mod serve;
pub mod trace;

pub use acknowledged::{About, Acknowledged, AcknowledgedCookie};
pub use address::{PeerAddress, TrustedProxies};
pub use cookie::{InvalidCookie, Recognised, ShopperCookie, cookies};
pub use keys::Keys;
pub use metrics::RequestMetrics;
pub use origin::{Origins, PublicOrigin};
pub use problem::Problem;
pub use serve::{ConnectionLimits, serve};
pub use trace::Trace;
