//! The relay: fans the streams of runs out to any number of viewers, and keeps their history.
//!
//! ```text
//! publisher -- log --> feed <-- cursor -- viewer        a feed is one epoch of a run
//!           -- state -> slots <- counts -- viewer       a room is a run with its shown feed
//!                        ^----- cursor -- database
//! ```
//!
//! Nothing is queued per viewer: everyone, the database as well, reads the one log with a cursor of its own, and takes
//! the newest state when it is ready to. So no viewer can slow a publisher or another viewer, a slow one sees the
//! newest frame, and nobody sees a hole or a duplicate. The relay knows nothing of environments and agents.
//!
//! ```no_run
//! # async fn example() -> Result<(), server::StartError> {
//! let relay = server::Relay::start(server::RelayConfig::local("data")).await?;
//! println!("listening on http://{}", relay.local_addr());
//! relay.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod access;
mod address;
mod admit;
mod alerts;
mod artifacts;
mod base;
mod batch;
mod clock;
mod commands;
mod config;
mod feed;
mod file;
mod freeze;
mod guard;
mod history;
mod http;
mod hub;
mod list;
mod list_parts;
mod listening;
mod log;
mod metrics;
mod names;
mod options;
mod outbox;
mod page;
mod points;
mod portable;
mod program;
mod quota;
mod relay;
mod room;
mod session;
mod sink;
mod slots;
mod small_file;
mod state;
mod store;
mod text;
mod thin;
mod throttle;
mod tls;
mod tools;
mod wire;

pub use access::{Access, Token};
pub use alerts::{AlertRule, NoRule, NoWebhook, Webhook};
pub use base::{BasePath, NoBasePath};
pub use config::{Limits, RelayConfig, Retention};
pub use file::OptionsError;
pub use freeze::FreezeError;
pub use log::LogError;
pub use options::ServeOptions;
pub use portable::PortableError;
pub use program::run;
pub use relay::{Relay, StartError};
pub use store::StoreError;
pub use tls::{Tls, TlsError};
pub use tools::{RelayTool, ToolError, use_tool};
