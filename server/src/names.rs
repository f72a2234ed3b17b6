//! Names: under which ones a relay answers, and from which web pages a browser may connect.
//!
//! A page of anybody's may have its own name resolve to this machine and then asks as if it were the relay's own page. So a
//! relay that has no other guard, because it listens to this machine alone, answers under the names of this machine only.

use crate::access::Access;
use std::net::{IpAddr, SocketAddr};

/// What is said of an origin that is none.
const NO_ORIGIN: &str = "it is scheme and name, e.g. https://example.org, without path, or * for all";

impl Access {
    /// Whether the relay answers under the name that a request was sent to.
    pub(crate) fn answers_as(&self, authority: Option<&str>, listen: &SocketAddr) -> bool {
        // Only programs that are no browser send none.
        let Some(authority) = authority else { return true };
        let Some(host) = host(authority) else { return false };
        let any = self.hosts.is_empty() && !listen.ip().is_loopback();
        any || is_this_machine(host) || host.parse::<IpAddr>().is_ok() || self.is_named(host)
    }

    /// Whether a page of this origin may connect. Programs that are no browser send none.
    pub(crate) fn admits_origin(&self, origin: Option<&str>, authority: Option<&str>, listen: &SocketAddr) -> bool {
        let Some(origin) = origin else { return true };
        if self.origins.iter().any(|it| it == "*" || it.eq_ignore_ascii_case(origin)) {
            return true;
        }
        let web = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        let Some((theirs, name)) = web.and_then(|it| Some((it, host(it)?))) else { return false };
        let is_own = authority.is_some_and(|it| it.eq_ignore_ascii_case(theirs));
        is_own && (!listen.ip().is_loopback() || self.is_named(name)) || is_this_machine(name)
    }

    fn is_named(&self, host: &str) -> bool {
        self.hosts.iter().any(|it| it == "*" || it.eq_ignore_ascii_case(host))
    }
}

/// The name of a relay, as somebody allows it: one with more to it would never be asked for.
pub(crate) fn own_name(text: &str) -> Result<String, String> {
    let is_name = text == "*" || host(text) == Some(text);
    let words = "it is a name without scheme, port and path, e.g. relay.example.org, or * for all";
    if is_name { Ok(text.to_owned()) } else { Err(words.into()) }
}

/// The origin of a page, as browsers send it.
pub(crate) fn origin(text: &str) -> Result<String, String> {
    let after = text.split_once("://").map(|(_, after)| after);
    let is_origin = matches!(text, "" | "*" | "null") || after.is_some_and(|it| !it.is_empty() && !it.contains('/'));
    if is_origin { Ok(text.to_owned()) } else { Err(NO_ORIGIN.into()) }
}

/// An origin that may show the page in a frame: it becomes part of a header, so nothing else may be in it.
pub(crate) fn embedder(text: &str) -> Result<String, String> {
    let is_plain = text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-.:/[]*".contains(&it));
    if is_plain && !matches!(text, "" | "null") { origin(text) } else { Err(NO_ORIGIN.into()) }
}

/// The host of `host`, `host:port`, `[v6]` or `[v6]:port`; none of anything else.
fn host(authority: &str) -> Option<&str> {
    let is_port = |it: &str| it.len() <= 5 && it.bytes().all(|it| it.is_ascii_digit());
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        let is_end = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
        return host.parse::<std::net::Ipv6Addr>().is_ok().then_some(host).filter(|_| is_end);
    }
    let host = match authority.split_once(':') {
        Some((host, port)) if is_port(port) => host,
        Some(_) => return None,
        None => authority,
    };
    let is_part = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b'_');
    (!host.is_empty() && host.bytes().all(is_part)).then_some(host)
}

fn is_this_machine(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|it| it.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn origins() {
        let access = Access {
            origins: vec!["https://pages.example".into()],
            hosts: vec!["named.example".into()],
            ..Access::default()
        };
        let (here, there) = (address("127.0.0.1:80"), address("0.0.0.0:80"));
        for (origin, host, listen, admitted) in [
            (None, None, &here, true),
            (Some("http://localhost:3000"), Some("127.0.0.1:80"), &here, true),
            (Some("http://[::1]:3000"), None, &here, true),
            (Some("https://pages.example"), None, &here, true),
            (Some("https://evil.example"), Some("127.0.0.1:80"), &here, false),
            (Some("http://evil.example"), Some("evil.example"), &here, false),
            (Some("https://named.example"), Some("named.example"), &here, true),
            (Some("http://relay.example"), Some("relay.example"), &there, true),
            (Some("http://127.0.0.1.evil.example"), None, &there, false),
            (Some("http://[::1].evil.example"), None, &there, false),
            (Some("http://[::1]x"), None, &there, false),
            (Some("http://localhost:80@evil.example"), None, &there, false),
            (Some("http://localhost/evil.example"), None, &there, false),
            (Some("evil://localhost"), None, &there, false),
            (Some("null"), Some("relay.example"), &there, false),
        ] {
            assert_eq!(access.admits_origin(origin, host, listen), admitted, "{origin:?} {host:?} {listen}");
        }
    }

    #[test]
    fn names_of_others_are_not_answered_on_loopback() {
        let access = Access { hosts: vec!["relay.example".into()], ..Access::default() };
        let (here, there) = (address("127.0.0.1:80"), address("0.0.0.0:80"));
        for (host, answered) in [
            ("127.0.0.1:8080", true),
            ("localhost", true),
            ("LOCALHOST.:1", true),
            ("[::1]:8080", true),
            ("10.0.0.7:8080", true),
            ("relay.example:443", true),
            ("evil.example", false),
            ("[::1].evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("localhost:80:80", false),
            ("", false),
        ] {
            assert_eq!(access.answers_as(Some(host), &here), answered, "{host}");
        }
        assert!(!access.answers_as(Some("other.example"), &there));
        assert!(Access::default().answers_as(Some("other.example"), &there));
    }
}
