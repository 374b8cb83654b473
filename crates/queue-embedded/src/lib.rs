//! Placeholder of the crate; its first module lands next.
