//! What the page asks of the outside: a worker, a relay, the browser's storage, a link.

pub mod library;
pub mod library_file;
pub mod patience;
pub mod relay_address;
pub mod relay_link;
pub mod share;
pub mod storage;
pub mod worker_link;
pub mod worker_session;
