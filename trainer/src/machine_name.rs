//! What this machine is called.

/// The machine's name, `unknown` where it has none.
pub fn machine_name() -> String {
    sysinfo::System::host_name().unwrap_or_else(|_| "unknown".into())
}
