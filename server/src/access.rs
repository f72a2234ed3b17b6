//! Access: which token opens which role, and from which web pages a browser may connect.

use shared::message::Role;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use subtle::ConstantTimeEq as _;

/// A secret that opens a role. Compared in constant time, never printed.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Wraps a secret; an empty one is none.
    pub fn new(secret: impl Into<String>) -> Option<Self> {
        Some(secret.into()).filter(|it| !it.is_empty()).map(Self)
    }

    fn opens_to(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// Who may do what.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Opens the role publisher.
    pub publisher: Option<Token>,
    /// Opens the role viewer.
    pub viewer: Option<Token>,
    /// Opens the role controller, and with it watching.
    pub controller: Option<Token>,
    /// Opens every role without a token, at any address.
    pub insecure: bool,
    /// Origins of web pages that may connect, e.g. `https://example.org`, beside the relay's own and this machine's.
    pub origins: Vec<String>,
}

/// Why a connection may not have what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the role {0} needs its token in the greeting, and none came; ask whoever runs this relay")]
    TokenMissing(&'static str),
    #[error("this is not the token of the role {0}; ask whoever runs this relay")]
    TokenWrong(&'static str),
    #[error(
        "this token opens the role {given}, not {asked}: greet as {given}, or ask whoever runs this relay for another"
    )]
    OtherRole { given: &'static str, asked: &'static str },
    #[error("the role {0} is closed on this relay: it was started without a token for it")]
    Closed(&'static str),
}

impl Access {
    /// The roles that need a token before a relay may listen on this address, and have none.
    pub(crate) fn missing_tokens(&self, listen: &SocketAddr) -> Vec<&'static str> {
        if self.insecure || listen.ip().is_loopback() {
            return Vec::new();
        }
        [Role::Publisher, Role::Viewer, Role::Controller]
            .into_iter()
            .filter(|role| self.token(*role).is_none())
            .map(name)
            .collect()
    }

    /// Whether this token opens this role on a relay at this address. Who may command may also watch.
    pub(crate) fn admit(&self, role: Role, given: Option<&str>, listen: &SocketAddr) -> Result<(), Refusal> {
        let is_open = self.token(role).is_none() && (self.insecure || listen.ip().is_loopback());
        if is_open || self.opens(role, given) || role == Role::Viewer && self.opens(Role::Controller, given) {
            return Ok(());
        }
        let asked = name(role);
        let others = [Role::Controller, Role::Viewer, Role::Publisher];
        Err(match others.into_iter().find(|other| self.opens(*other, given)) {
            Some(other) => Refusal::OtherRole { given: name(other), asked },
            None if self.token(role).is_none() => Refusal::Closed(asked),
            None if given.is_none() => Refusal::TokenMissing(asked),
            None => Refusal::TokenWrong(asked),
        })
    }

    fn opens(&self, role: Role, given: Option<&str>) -> bool {
        self.token(role).zip(given).is_some_and(|(token, given)| token.opens_to(given))
    }

    /// Whether a page of this origin may connect. Programs that are no browser send none.
    ///
    /// A loopback relay takes its own origin only under a loopback name: a foreign name that resolves to this machine
    /// is how a foreign page would get in.
    pub(crate) fn admits_origin(&self, origin: Option<&str>, host: Option<&str>, listen: &SocketAddr) -> bool {
        let Some(origin) = origin else { return true };
        let authority = origin.split_once("://").map_or(origin, |(_, authority)| authority);
        let same = host.is_some_and(|it| it.eq_ignore_ascii_case(authority)) && !listen.ip().is_loopback();
        same || is_loopback(authority) || self.origins.iter().any(|it| it == "*" || it.eq_ignore_ascii_case(origin))
    }

    fn token(&self, role: Role) -> Option<&Token> {
        match role {
            Role::Publisher => self.publisher.as_ref(),
            Role::Viewer => self.viewer.as_ref(),
            Role::Controller => self.controller.as_ref(),
        }
    }
}

/// The role's name as on the wire.
pub(crate) const fn name(role: Role) -> &'static str {
    match role {
        Role::Publisher => "publisher",
        Role::Viewer => "viewer",
        Role::Controller => "controller",
    }
}

/// Whether `host`, `host:port` or `[v6]:port` names this machine.
fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.ends_with(".localhost") || host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn loopback_is_open_unless_a_token_is_set() {
        let here = address("127.0.0.1:80");
        assert_eq!(Access::default().admit(Role::Publisher, None, &here), Ok(()));
        let access = Access { publisher: Token::new("secret"), ..Access::default() };
        assert_eq!(access.admit(Role::Publisher, None, &here), Err(Refusal::TokenMissing("publisher")));
        assert_eq!(access.admit(Role::Publisher, Some("Secret"), &here), Err(Refusal::TokenWrong("publisher")));
        assert_eq!(access.admit(Role::Publisher, Some("secret"), &here), Ok(()));
        assert_eq!(access.admit(Role::Viewer, None, &here), Ok(()));
    }

    #[test]
    fn elsewhere_every_role_wants_its_token() {
        let there = address("0.0.0.0:80");
        let access = Access { publisher: Token::new("a"), ..Access::default() };
        assert_eq!(access.missing_tokens(&there), ["viewer", "controller"]);
        assert_eq!(access.admit(Role::Controller, Some("b"), &there), Err(Refusal::Closed("controller")));
        let open = Access { insecure: true, ..access };
        assert!(open.missing_tokens(&there).is_empty());
        assert_eq!(open.admit(Role::Viewer, None, &there), Ok(()));
        assert_eq!(open.admit(Role::Publisher, None, &there), Err(Refusal::TokenMissing("publisher")));
    }

    #[test]
    fn a_token_opens_its_role_and_a_controllers_watching_too() {
        let there = address("0.0.0.0:80");
        let token = |secret: &str| Token::new(secret);
        let access = Access { publisher: token("p"), controller: token("c"), viewer: token("v"), ..Access::default() };
        assert_eq!(access.admit(Role::Viewer, Some("v"), &there), Ok(()));
        assert_eq!(access.admit(Role::Viewer, Some("c"), &there), Ok(()));
        assert_eq!(access.admit(Role::Controller, Some("c"), &there), Ok(()));
        for (role, given, named) in [(Role::Controller, "v", "viewer"), (Role::Viewer, "p", "publisher")] {
            let refusal = access.admit(role, Some(given), &there).unwrap_err();
            assert_eq!(refusal, Refusal::OtherRole { given: named, asked: name(role) });
            assert!(refusal.to_string().contains(&format!("greet as {named}")), "{refusal}");
        }
        assert_eq!(access.admit(Role::Viewer, Some("x"), &there), Err(Refusal::TokenWrong("viewer")));
        let one_for_all = Access { publisher: token("s"), controller: token("s"), ..Access::default() };
        for role in [Role::Publisher, Role::Controller, Role::Viewer] {
            assert_eq!(one_for_all.admit(role, Some("s"), &there), Ok(()), "{role:?}");
        }
    }

    #[test]
    fn origins() {
        let access = Access { origins: vec!["https://pages.example".into()], ..Access::default() };
        let (here, there) = (address("127.0.0.1:80"), address("0.0.0.0:80"));
        for (origin, host, listen, admitted) in [
            (None, None, &here, true),
            (Some("http://localhost:3000"), Some("127.0.0.1:80"), &here, true),
            (Some("http://[::1]:3000"), None, &here, true),
            (Some("https://pages.example"), None, &here, true),
            (Some("https://evil.example"), Some("127.0.0.1:80"), &here, false),
            (Some("http://evil.example"), Some("evil.example"), &here, false),
            (Some("http://relay.example"), Some("relay.example"), &there, true),
            (Some("http://127.0.0.1.evil.example"), None, &there, false),
            (Some("null"), Some("relay.example"), &there, false),
        ] {
            assert_eq!(access.admits_origin(origin, host, listen), admitted, "{origin:?} {host:?} {listen}");
        }
    }
}
