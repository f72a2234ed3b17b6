//! A base path: where behind a proxy the relay is found.

use axum::http::{Uri, uri::PathAndQuery};

/// A path before all addresses of a relay: empty, or `/` and names, without one at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath(String);

/// What is no base path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a base path is / followed by names of letters, digits, - and _, as /tools/terrarium, not {0:?}")]
pub struct NoBasePath(String);

impl std::str::FromStr for BasePath {
    type Err = NoBasePath;

    fn from_str(text: &str) -> Result<Self, NoBasePath> {
        let path = text.strip_suffix('/').unwrap_or(text);
        let is_name =
            |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'_');
        let is_path = path.is_empty() || path.strip_prefix('/').is_some_and(|it| it.split('/').all(is_name));
        if is_path { Ok(Self(path.to_owned())) } else { Err(NoBasePath(text.to_owned())) }
    }
}

/// Where an address lies.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// Below the base path: the address without it.
    Below(Uri),
    /// The base path itself, whose page has a `/` at its end.
    Itself(String),
    /// Elsewhere.
    Outside,
}

impl BasePath {
    pub(crate) fn place(&self, uri: Uri) -> Location {
        if self.0.is_empty() {
            return Location::Below(uri);
        }
        let whole = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        match whole.strip_prefix(self.0.as_str()) {
            Some(rest) if rest.starts_with('/') => {
                let mut parts = uri.clone().into_parts();
                parts.path_and_query = rest.parse().ok();
                Uri::from_parts(parts).map_or(Location::Outside, Location::Below)
            }
            Some(rest) if rest.is_empty() || rest.starts_with('?') => Location::Itself(format!("{}/{rest}", self.0)),
            _ => Location::Outside,
        }
    }
}

impl std::fmt::Display for BasePath {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lie_below_a_base_path_or_not() {
        let base: BasePath = "/tools/terrarium/".parse().unwrap();
        let place = |text: &str| base.place(text.parse().unwrap());
        let below = |text: &str| Location::Below(text.parse().unwrap());
        assert_eq!(place("/tools/terrarium/api/v1/runs?a=1"), below("/api/v1/runs?a=1"));
        assert_eq!(place("/tools/terrarium/"), below("/"));
        assert_eq!(place("/tools/terrarium?a"), Location::Itself("/tools/terrarium/?a".into()));
        for outside in ["/", "/tools", "/tools/terrariums/", "/api/v1/runs"] {
            assert_eq!(place(outside), Location::Outside, "{outside}");
        }
        assert_eq!(BasePath::default().place("/x".parse().unwrap()), below("/x"));
    }

    #[test]
    fn what_is_no_base_path_is_refused() {
        for text in ["tools", "/a//b", "/a b", "/..", "/a?b"] {
            assert!(text.parse::<BasePath>().is_err(), "{text}");
        }
        assert_eq!("/".parse(), Ok(BasePath::default()));
    }
}
