//! Contract suites, one a port.
