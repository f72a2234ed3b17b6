//! Options of the command line and the environment.

use crate::access::{Access, Token};
use crate::alerts::AlertRule;
use crate::base::BasePath;
use crate::config::{Limits, RelayConfig, Retention};
use crate::names;
use crate::tls::Tls;
use clap::builder::{BoolishValueParser, RangedU64ValueParser, Resettable};
use clap::{Arg, Command, CommandFactory as _, FromArgMatches as _, Parser};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Example of the help text.
const EXAMPLES: &str = "\
Examples:
  terrarium serve --data data
      for this machine alone: everything open on http://127.0.0.1:8080
  terrarium serve --listen 0.0.0.0:8080 --publisher-token A --controller-token B --viewer-token C
      for others, each role with its token
  terrarium serve --listen 0.0.0.0:8080 --publisher-token A --controller-token B --insecure
      watching open to everybody, publishing and commanding not

The file of --config may have alerts, each under [[alert]]: name, runs (a pattern, * by default), metric (or return), is (above,
below or not-finite), value, points (in a row, 1 by default), seconds (that it lasts), webhook (an address).

A program that `cargo xtask dist --program` built has the page inside; one built otherwise wants --page.
An https page can reach this relay under wss:// only: give it a certificate, or put a proxy that has one in front of it.";

/// Fans the streams of runs out to any number of tabs and keeps their history.
#[derive(Debug, Parser)]
#[command(name = "terrarium-relay", version, after_help = EXAMPLES)]
pub struct ServeOptions {
    /// Address and port to listen on; port 0 picks a free one
    #[arg(long, env = "TERRARIUM_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Directory of the database, made when missing
    #[arg(long, env = "TERRARIUM_DATA", default_value = "data")]
    data: PathBuf,
    /// Directory of the built page to serve in place of the one inside this program
    #[arg(long, env = "TERRARIUM_PAGE")]
    page: Option<PathBuf>,
    /// File with options, as `--print-config` prints them; the environment and the command line come first
    #[arg(long, env = "TERRARIUM_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Print all options as such a file, without secrets, and end
    #[arg(long)]
    pub(crate) print_config: bool,
    /// Path before all addresses, e.g. /terrarium, where a proxy passes a part of its addresses on as they are
    #[arg(long, env = "TERRARIUM_BASE_PATH", default_value = "/")]
    base_path: BasePath,
    /// Certificate in PEM, with those of its authorities: all connections speak TLS
    #[arg(long, env = "TERRARIUM_TLS_CERTIFICATE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Private key of the certificate, in PEM
    #[arg(long, env = "TERRARIUM_TLS_KEY", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Token of those who publish runs
    #[arg(long, env = "TERRARIUM_PUBLISHER_TOKEN", hide_env_values = true)]
    publisher_token: Option<String>,
    /// Token of those who watch
    #[arg(long, env = "TERRARIUM_VIEWER_TOKEN", hide_env_values = true)]
    viewer_token: Option<String>,
    /// Token of those who watch and command
    #[arg(long, env = "TERRARIUM_CONTROLLER_TOKEN", hide_env_values = true)]
    controller_token: Option<String>,
    /// Leave roles without a token open to everybody, whatever the address
    #[arg(long, env = "TERRARIUM_INSECURE", value_parser = BoolishValueParser::new())]
    insecure: bool,
    /// Origin of a page that may connect, e.g. <https://example.org>; may be given several times, * allows all
    #[arg(long, env = "TERRARIUM_ALLOW_ORIGIN", value_delimiter = ',', value_parser = names::origin)]
    allow_origin: Vec<String>,
    /// Origin of a page that may show this one in a frame, e.g. <https://school.example>; may be given several times, * allows all
    #[arg(long, env = "TERRARIUM_ALLOW_EMBED", value_delimiter = ',', value_parser = names::embedder)]
    allow_embed: Vec<String>,
    /// Name under which this relay is reached, e.g. relay.example.org; may be given several times. On a loopback address a
    /// relay answers under no other name, because pages of others could make theirs lead here
    #[arg(long, env = "TERRARIUM_ALLOW_HOST", value_delimiter = ',', value_parser = names::own_name)]
    allow_host: Vec<String>,
    /// Address of a proxy whose `X-Forwarded-For` is believed; may be given several times
    #[arg(long, env = "TERRARIUM_TRUSTED_PROXY", value_delimiter = ',')]
    trusted_proxy: Vec<IpAddr>,
    /// Most bytes of one message
    #[arg(long, env = "TERRARIUM_MAX_MESSAGE_BYTES", default_value_t = Limits::default().message_bytes as u64,
          value_parser = RangedU64ValueParser::<u64>::new().range(1024..=shared::codec::MAX_MESSAGE_BYTES as u64))]
    max_message_bytes: u64,
    /// Most messages a second of one connection
    #[arg(long, env = "TERRARIUM_MAX_MESSAGES_PER_SECOND", default_value_t = Limits::default().messages_per_second, value_parser = clap::value_parser!(u32).range(1..))]
    max_messages_per_second: u32,
    /// Most sessions at a time
    #[arg(long, env = "TERRARIUM_MAX_CONNECTIONS", default_value_t = Limits::default().connections)]
    max_connections: usize,
    /// Most TCP connections at a time from one address; behind a proxy all come from the proxy's
    #[arg(long, env = "TERRARIUM_MAX_CONNECTIONS_PER_ADDRESS", default_value_t = Limits::default().connections_per_address)]
    max_connections_per_address: usize,
    /// Most sessions at a time by one token, from whatever addresses
    #[arg(long, env = "TERRARIUM_MAX_CONNECTIONS_PER_TOKEN", default_value_t = Limits::default().connections_per_token)]
    max_connections_per_token: usize,
    /// Most messages and requests a second by one token, of all its connections
    #[arg(long, env = "TERRARIUM_MAX_MESSAGES_PER_SECOND_PER_TOKEN", default_value_t = Limits::default().messages_per_second_per_token,
          value_parser = clap::value_parser!(u32).range(1..))]
    max_messages_per_second_per_token: u32,
    /// Newest epochs of every run to keep
    #[arg(long, env = "TERRARIUM_KEEP_EPOCHS", default_value_t = Retention::default().epochs_per_run, value_parser = clap::value_parser!(u32).range(1..))]
    keep_epochs: u32,
    /// Bytes of the database beyond which old epochs go, and what is old in long runs becomes coarser
    #[arg(long, env = "TERRARIUM_KEEP_BYTES", default_value_t = Retention::default().total_bytes)]
    keep_bytes: u64,
    /// Days without anything new after which earlier epochs go, and whole runs that nobody publishes or watches; for ever if none
    #[arg(long, env = "TERRARIUM_KEEP_DAYS", value_parser = days)]
    keep_days: Option<Duration>,
    /// Bytes of the logs of one run beyond which its old epochs go, and what is old in its newest one becomes coarser
    #[arg(long, env = "TERRARIUM_KEEP_BYTES_PER_RUN", value_parser = RangedU64ValueParser::<u64>::new().range(1 << 20..))]
    keep_bytes_per_run: Option<u64>,
    /// Bytes of saved agents and other files of runs beyond which those of runs go that got nothing new for longest; one run has
    /// a quarter of them at most
    #[arg(long, env = "TERRARIUM_KEEP_ARTIFACT_BYTES", default_value_t = Retention::default().artifact_bytes)]
    keep_artifact_bytes: u64,
    /// Rules of the file.
    #[arg(skip)]
    pub(crate) alerts: Vec<AlertRule>,
}

/// Days as a time.
fn days(text: &str) -> Result<Duration, String> {
    let days = text.parse::<f64>().ok().filter(|it| *it > 0.0);
    let time = days.and_then(|it| Duration::try_from_secs_f64(it * 86_400.0).ok());
    time.ok_or_else(|| "this is a number of days above 0, such as 30 or 0.5".into())
}

impl From<ServeOptions> for RelayConfig {
    fn from(options: ServeOptions) -> Self {
        let token = |it: Option<String>| it.and_then(Token::new);
        Self {
            listen: options.listen,
            data: options.data,
            page: options.page,
            base_path: options.base_path,
            tls: options.tls_certificate.zip(options.tls_key).map(|(certificate, key)| Tls { certificate, key }),
            access: Access {
                publisher: token(options.publisher_token),
                viewer: token(options.viewer_token),
                controller: token(options.controller_token),
                insecure: options.insecure,
                origins: options.allow_origin,
                embedders: options.allow_embed,
                hosts: options.allow_host,
                proxies: options.trusted_proxy,
            },
            limits: Limits {
                message_bytes: options.max_message_bytes as usize,
                messages_per_second: options.max_messages_per_second,
                connections: options.max_connections,
                connections_per_address: options.max_connections_per_address,
                connections_per_token: options.max_connections_per_token,
                messages_per_second_per_token: options.max_messages_per_second_per_token,
                ..Limits::default()
            },
            retention: Retention {
                epochs_per_run: options.keep_epochs,
                total_bytes: options.keep_bytes,
                age: options.keep_days,
                run_bytes: options.keep_bytes_per_run,
                artifact_bytes: options.keep_artifact_bytes,
                ..Retention::default()
            },
            alerts: options.alerts,
        }
    }
}

impl ServeOptions {
    /// Reads the relay's own command line. What is wrong with it is told, and the process ends.
    #[must_use]
    pub fn read() -> Self {
        let mut command = without_empty_variables(Self::command());
        let matches = command.get_matches_mut();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit())
    }
}

/// A command for which a variable that is set to nothing is not set: scripts and services leave such ones. `effects.rs` of the trainer does
/// the same for its subcommands: neither crate needs the other.
pub(crate) fn without_empty_variables(command: Command) -> Command {
    let is_empty = |arg: &Arg| arg.get_env().and_then(std::env::var_os).is_some_and(|it| it.is_empty());
    command.mut_args(|arg| if is_empty(&arg) { arg.env(Resettable::Reset) } else { arg })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_consistent() {
        ServeOptions::command().debug_assert();
        assert!(ServeOptions::try_parse_from(["terrarium-relay", "--max-message-bytes", "99999999999"]).is_err());
        let said = |option: &str, value: &str| {
            let parsed = ServeOptions::try_parse_from(["terrarium-relay", option, value]);
            parsed.map_or_else(|error| error.to_string(), |_| String::new())
        };
        for name in ["relay.example.org", "*", "localhost", "a.example,b.example"] {
            assert_eq!(said("--allow-host", name), "");
        }
        for no_name in ["https://relay.example.org", "relay.example.org:8080", "relay.example.org/", ""] {
            assert!(
                said("--allow-host", no_name).contains("without scheme, port and path, e.g. relay.example.org"),
                "{no_name}"
            );
        }
        for origin in ["https://school.example", "http://[::1]:8000", "*"] {
            assert_eq!(said("--allow-embed", origin), "");
        }
        for no_origin in ["https://a.example; script-src *", "https://a.example/x", "a.example", "null", ""] {
            assert!(said("--allow-embed", no_origin).contains("e.g. https://example.org, without path"), "{no_origin}");
        }
        for origin in ["https://example.org", "http://127.0.0.1:8080", "*", "null"] {
            assert_eq!(said("--allow-origin", origin), "");
        }
        for no_origin in ["example.org", "https://example.org/page", "https://example.org/"] {
            assert!(
                said("--allow-origin", no_origin).contains("e.g. https://example.org, without path"),
                "{no_origin}"
            );
        }
    }
}
