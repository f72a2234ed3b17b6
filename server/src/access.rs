//! Access: which token opens which role for which runs, and how often one may guess.
//!
//! Tokens come from options, one a role, for whoever runs a relay alone; or from the database, as many as there are people and
//! trainers, each with its role, its runs and its end. Only their SHA-256 hashes are kept.

use sha2::{Digest as _, Sha256};
use shared::RunId;
use shared::message::Role;
use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use subtle::ConstantTimeEq as _;

/// The SHA-256 hash of a secret.
pub(crate) type Hash = [u8; 32];

/// The hash of a secret that somebody shows.
pub(crate) fn hash(secret: &str) -> Hash {
    Sha256::digest(secret.as_bytes()).into()
}

/// A secret that opens a role. Only its hash is kept; compared in constant time, never printed.
#[derive(Clone)]
pub struct Token(Hash);

impl Token {
    /// The token of a secret; an empty one is none.
    pub fn new(secret: impl Into<String>) -> Option<Self> {
        Some(secret.into()).filter(|it| !it.is_empty()).map(|it| Self(hash(&it)))
    }

    fn opens_to(&self, given: &Hash) -> bool {
        self.0.ct_eq(given).into()
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
    /// Origins of pages that may show the relay's own in a frame, e.g. `https://school.example`, beside itself; `*` is all.
    pub embedders: Vec<String>,
    /// Names under which this relay is reached, e.g. `relay.example.org`, beside this machine's own and addresses in numbers.
    /// A relay on a loopback address answers under no other; one on another address answers under any name if this is empty.
    pub hosts: Vec<String>,
    /// Proxies whose word about whom they speak for is believed.
    pub proxies: Vec<IpAddr>,
}

/// The runs that a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope(String);

impl Scope {
    /// All runs.
    pub(crate) fn all() -> Self {
        Self("*".into())
    }

    /// The runs of this name, or whose names begin so where it ends with `*`.
    pub(crate) fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn has(&self, run: &RunId) -> bool {
        match self.0.strip_suffix('*') {
            Some(begin) => run.as_str().starts_with(begin),
            None => run.as_str() == self.0,
        }
    }
}

/// Whose a connection is: what its runs belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Anybody: its role needs no token.
    Anybody,
    /// Whoever has the token of the options.
    Option,
    /// Whoever has the token of this number in the database.
    Token(String),
}

impl Identity {
    /// As it is stored; anybody owns nothing.
    pub(crate) fn owner(&self) -> Option<&str> {
        match self {
            Self::Anybody => None,
            Self::Option => Some("option"),
            Self::Token(id) => Some(id),
        }
    }
}

/// What somebody was let in as.
#[derive(Clone, Debug)]
pub(crate) struct AccessPass {
    pub(crate) identity: Identity,
    pub(crate) scope: Scope,
}

/// Why a connection may not have what it asks for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccessRefusal {
    #[error("the role {0} needs its token, and none came: give it, or ask whoever runs this relay for it")]
    TokenMissing(&'static str),
    #[error("this is not the token of the role {0}; ask whoever runs this relay")]
    TokenWrong(&'static str),
    #[error("this token {0}; ask whoever runs this relay for another")]
    TokenOver(&'static str),
    #[error(
        "this token opens the role {given}, not {asked}: give a token of the role {asked}, or ask whoever runs this relay for one"
    )]
    OtherRole { given: &'static str, asked: &'static str },
    #[error("the role {0} is closed on this relay: it was started without a token for it")]
    Closed(&'static str),
    #[error("too many wrong tokens came from your address; try again in {0} s")]
    Guessing(u64),
    #[error("tokens cannot be looked up at present ({0}); try again")]
    Unknown(String),
}

impl Access {
    /// The roles that need a token before a relay may listen on this address, and have none, neither here nor stored.
    pub(crate) fn missing_tokens(&self, listen: &SocketAddr, stored: &Grants) -> Vec<&'static str> {
        if self.is_open(listen, stored) {
            return Vec::new();
        }
        [Role::Publisher, Role::Viewer, Role::Controller]
            .into_iter()
            .filter(|role| self.token(*role).is_none() && !stored.roles.contains(role))
            .map(name)
            .collect()
    }

    /// Whether what is given opens this role on a relay at this address. Who may command may also watch.
    pub(crate) fn admit(
        &self,
        role: Role,
        given: Option<&Hash>,
        stored: &Grants,
        listen: &SocketAddr,
    ) -> Result<AccessPass, AccessRefusal> {
        let has_token = |role| self.token(role).is_some() || stored.roles.contains(&role);
        let fits = |opened: Role| opened == role || opened == Role::Controller && role == Role::Viewer;
        if let Some(token) = stored.found.as_ref().filter(|it| fits(it.role) && it.over.is_none()) {
            return Ok(AccessPass { identity: Identity::Token(token.id.clone()), scope: token.scope.clone() });
        }
        let whole = |identity| AccessPass { identity, scope: Scope::all() };
        if self.opens(role, given) || role == Role::Viewer && self.opens(Role::Controller, given) {
            return Ok(whole(Identity::Option));
        }
        if !has_token(role) && self.is_open(listen, stored) {
            return Ok(whole(Identity::Anybody));
        }
        let asked = name(role);
        if let Some(token) = &stored.found {
            return Err(match token.over {
                Some(over) => AccessRefusal::TokenOver(over),
                None => AccessRefusal::OtherRole { given: name(token.role), asked },
            });
        }
        let others = [Role::Controller, Role::Viewer, Role::Publisher];
        Err(match others.into_iter().find(|other| self.opens(*other, given)) {
            Some(other) => AccessRefusal::OtherRole { given: name(other), asked },
            None if !has_token(role) => AccessRefusal::Closed(asked),
            None if given.is_none() => AccessRefusal::TokenMissing(asked),
            None => AccessRefusal::TokenWrong(asked),
        })
    }

    /// Whether roles without a token are open to everybody.
    fn is_open(&self, listen: &SocketAddr, stored: &Grants) -> bool {
        self.insecure || listen.ip().is_loopback() && stored.lost.is_none()
    }

    fn opens(&self, role: Role, given: Option<&Hash>) -> bool {
        self.token(role).zip(given).is_some_and(|(token, given)| token.opens_to(given))
    }

    fn token(&self, role: Role) -> Option<&Token> {
        match role {
            Role::Publisher => self.publisher.as_ref(),
            Role::Viewer => self.viewer.as_ref(),
            Role::Controller => self.controller.as_ref(),
        }
    }
}

/// A stored token.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) id: String,
    pub(crate) role: Role,
    pub(crate) scope: Scope,
    /// Why it opens nothing any longer.
    pub(crate) over: Option<&'static str>,
}

/// What is stored about tokens.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grants {
    /// The token that somebody shows.
    pub(crate) found: Option<Grant>,
    /// The roles for which there are tokens.
    pub(crate) roles: BTreeSet<Role>,
    /// That there were others, which damage took: then no role is open for want of a token.
    pub(crate) lost: Option<String>,
}

/// The role's name as on the wire.
pub(crate) const fn name(role: Role) -> &'static str {
    match role {
        Role::Publisher => "publisher",
        Role::Viewer => "viewer",
        Role::Controller => "controller",
    }
}

/// The role of a name.
pub(crate) fn role(text: &str) -> Option<Role> {
    [Role::Publisher, Role::Viewer, Role::Controller].into_iter().find(|role| name(*role) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn verdict(access: &Access, role: Role, given: Option<&str>, listen: &SocketAddr) -> Result<Identity, String> {
        let given = given.map(hash);
        let pass = access.admit(role, given.as_ref(), &Grants::default(), listen);
        pass.map(|it| it.identity).map_err(|it| it.to_string())
    }

    #[test]
    fn loopback_is_open_unless_a_token_is_set() {
        let here = address("127.0.0.1:80");
        assert_eq!(verdict(&Access::default(), Role::Publisher, None, &here), Ok(Identity::Anybody));
        let access = Access { publisher: Token::new("secret"), ..Access::default() };
        let refused = |given| verdict(&access, Role::Publisher, given, &here).unwrap_err();
        assert_eq!(refused(None), AccessRefusal::TokenMissing("publisher").to_string());
        assert_eq!(refused(Some("Secret")), AccessRefusal::TokenWrong("publisher").to_string());
        assert_eq!(verdict(&access, Role::Publisher, Some("secret"), &here), Ok(Identity::Option));
        assert_eq!(verdict(&access, Role::Viewer, None, &here), Ok(Identity::Anybody));
    }

    #[test]
    fn elsewhere_every_role_wants_its_token() {
        let there = address("0.0.0.0:80");
        let access = Access { publisher: Token::new("a"), ..Access::default() };
        assert_eq!(access.missing_tokens(&there, &Grants::default()), ["viewer", "controller"]);
        let stored = Grants { roles: [Role::Viewer].into(), ..Grants::default() };
        assert_eq!(access.missing_tokens(&there, &stored), ["controller"]);
        let lost = Grants { lost: Some("lost".into()), ..stored };
        assert_eq!(access.missing_tokens(&address("127.0.0.1:80"), &lost), ["controller"]);
        let refused = verdict(&access, Role::Controller, Some("b"), &there).unwrap_err();
        assert_eq!(refused, AccessRefusal::Closed("controller").to_string());
        let open = Access { insecure: true, ..access };
        assert!(open.missing_tokens(&there, &Grants::default()).is_empty());
        assert_eq!(verdict(&open, Role::Viewer, None, &there), Ok(Identity::Anybody));
        let refused = verdict(&open, Role::Publisher, None, &there).unwrap_err();
        assert_eq!(refused, AccessRefusal::TokenMissing("publisher").to_string());
    }

    #[test]
    fn a_token_opens_its_role_and_a_controllers_watching_too() {
        let there = address("0.0.0.0:80");
        let token = |secret: &str| Token::new(secret);
        let access = Access { publisher: token("p"), controller: token("c"), viewer: token("v"), ..Access::default() };
        for (role, given) in [(Role::Viewer, "v"), (Role::Viewer, "c"), (Role::Controller, "c")] {
            assert_eq!(verdict(&access, role, Some(given), &there), Ok(Identity::Option));
        }
        for (role, given, named) in [(Role::Controller, "v", "viewer"), (Role::Viewer, "p", "publisher")] {
            let refusal = verdict(&access, role, Some(given), &there).unwrap_err();
            assert_eq!(refusal, AccessRefusal::OtherRole { given: named, asked: name(role) }.to_string());
            let words = format!("opens the role {named}, not {0}: give a token of the role {0}", name(role));
            assert!(refusal.contains(&words), "{refusal}");
        }
        let refused = verdict(&access, Role::Viewer, Some("x"), &there).unwrap_err();
        assert_eq!(refused, AccessRefusal::TokenWrong("viewer").to_string());
        let one_for_all = Access { publisher: token("s"), controller: token("s"), ..Access::default() };
        for role in [Role::Publisher, Role::Controller, Role::Viewer] {
            assert_eq!(verdict(&one_for_all, role, Some("s"), &there), Ok(Identity::Option), "{role:?}");
        }
    }

    #[test]
    fn a_stored_token_opens_its_role_for_its_runs_until_it_is_over() {
        let here = address("127.0.0.1:80");
        let grant = |role, over| Grants {
            found: Some(Grant { id: "1a2b".into(), role, scope: Scope::new("exp-*"), over }),
            roles: [Role::Viewer, Role::Controller].into(),
            lost: None,
        };
        let admit = |role, grants: &Grants| {
            let pass = Access::default().admit(role, Some(&hash("x")), grants, &here);
            pass.map(|it| (it.identity, it.scope)).map_err(|it| it.to_string())
        };
        let expected = Ok((Identity::Token("1a2b".into()), Scope::new("exp-*")));
        assert_eq!(admit(Role::Viewer, &grant(Role::Viewer, None)), expected);
        assert_eq!(admit(Role::Viewer, &grant(Role::Controller, None)), expected);
        let refused = admit(Role::Controller, &grant(Role::Viewer, None)).unwrap_err();
        assert!(refused.contains("opens the role viewer, not controller"), "{refused}");
        let refused = admit(Role::Viewer, &grant(Role::Viewer, Some("was revoked"))).unwrap_err();
        assert!(refused.contains("was revoked"), "{refused}");
        // A role without a token stays open on loopback.
        assert_eq!(admit(Role::Publisher, &Grants::default()).unwrap().0, Identity::Anybody);
    }

    #[test]
    fn scopes() {
        let run = |name: &str| RunId::new(name).unwrap();
        assert!(Scope::all().has(&run("r")));
        assert!(Scope::new("exp-*").has(&run("exp-1")) && !Scope::new("exp-*").has(&run("other")));
        assert!(Scope::new("exp").has(&run("exp")) && !Scope::new("exp").has(&run("exp-1")));
    }
}
