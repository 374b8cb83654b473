//! Placeholder of the binary; its first module lands next.
fn main() {}
