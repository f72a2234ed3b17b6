//! Quotas: how many connections a token has, and how many messages a second come by it, from whatever addresses.

use crate::access::{AccessPass, Identity, name};
use crate::config::Limits;
use crate::throttle::Allowance;
use shared::message::Role;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What every token uses at present. Only tokens that open something have an entry.
#[derive(Debug, Default)]
pub(crate) struct Quotas {
    tokens: Mutex<BTreeMap<String, Arc<Quota>>>,
}

/// What one token uses.
#[derive(Debug)]
pub(crate) struct Quota {
    inner: Mutex<QuotaState>,
}

#[derive(Debug)]
struct QuotaState {
    connections: usize,
    allowance: Allowance,
}

/// A connection of a token, until it is dropped.
#[derive(Debug)]
pub(crate) struct CountedConnection(Arc<Quota>);

impl Quotas {
    /// What the token of a pass uses; none where no token was needed.
    pub(crate) fn of(&self, pass: &AccessPass, role: Role, limits: &Limits) -> Option<Arc<Quota>> {
        let token = match &pass.identity {
            Identity::Anybody => return None,
            // Each role has one of its own.
            Identity::Option => format!("option {}", name(role)),
            Identity::Token(id) => id.clone(),
        };
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Quota::new(limits.messages_per_second_per_token);
        Some(tokens.entry(token).or_insert_with(|| Arc::new(new())).clone())
    }
}

impl Quota {
    fn new(messages_per_second: u32) -> Self {
        Self { inner: Mutex::new(QuotaState { connections: 0, allowance: Allowance::new(messages_per_second) }) }
    }

    /// One more connection, if the token may have it.
    pub(crate) fn connect(self: Arc<Self>, most: usize) -> Option<CountedConnection> {
        let mut inner = self.lock();
        if inner.connections >= most {
            return None;
        }
        inner.connections += 1;
        drop(inner);
        Some(CountedConnection(self))
    }

    /// One more message, if there may be one.
    pub(crate) fn take(&self) -> bool {
        self.lock().allowance.take()
    }

    fn lock(&self) -> MutexGuard<'_, QuotaState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CountedConnection {
    /// One more message, if there may be one.
    pub(crate) fn take(&self) -> bool {
        self.0.take()
    }
}

impl Drop for CountedConnection {
    fn drop(&mut self) {
        self.0.lock().connections -= 1;
    }
}
