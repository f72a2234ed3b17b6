//! Admission: how many TCP connections are open, in all and from each address.

use crate::address::who;
use crate::config::Limits;
use prometheus_client::metrics::gauge::Gauge;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections beyond those of sessions: for the page's files, requests and figures while all sessions are taken.
const BESIDE_SESSIONS: usize = 64;

/// Counts the open connections of one listener.
#[derive(Debug)]
pub(crate) struct Admission {
    most: usize,
    most_per_address: usize,
    open: Gauge,
    inner: Mutex<AdmissionState>,
}

#[derive(Debug, Default)]
struct AdmissionState {
    all: usize,
    by_address: BTreeMap<IpAddr, usize>,
}

/// Why a connection is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// There are as many as there may be.
    All,
    /// There are as many from this address as there may be.
    Address,
}

/// A place among the open connections, until it is dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    admission: Arc<Admission>,
    address: IpAddr,
}

impl Admission {
    /// Tells how many are open by a gauge.
    pub(crate) fn new(limits: &Limits, open: Gauge) -> Self {
        let most = limits.connections.saturating_add(BESIDE_SESSIONS);
        Self { most, most_per_address: limits.connections_per_address, open, inner: Mutex::default() }
    }

    /// A place for a connection from an address, if there is one.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Admitted, Full> {
        let address = who(address);
        let mut inner = self.lock();
        if inner.all >= self.most {
            return Err(Full::All);
        }
        let count = inner.by_address.entry(address).or_default();
        if *count >= self.most_per_address {
            return Err(Full::Address);
        }
        *count += 1;
        inner.all += 1;
        self.open.inc();
        Ok(Admitted { admission: self.clone(), address })
    }

    fn lock(&self) -> MutexGuard<'_, AdmissionState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut inner = self.admission.lock();
        inner.all -= 1;
        self.admission.open.dec();
        if let Some(count) = inner.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                inner.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_by_address_and_in_all_and_free_again_when_left() {
        let limits = Limits { connections: 0, connections_per_address: 40, ..Limits::default() };
        let admission = Arc::new(Admission::new(&limits, Gauge::default()));
        let from = |text: &str| admission.admit(text.parse().unwrap());
        let mut taken: Vec<_> = (0..40).map(|_| from("10.0.0.1").unwrap()).collect();
        assert_eq!(from("10.0.0.1").unwrap_err(), Full::Address);
        assert_eq!(from("::ffff:10.0.0.1").unwrap_err(), Full::Address);
        taken.extend((0..24).map(|it| from(&format!("2001:db8::{it:x}")).unwrap()));
        assert_eq!(from("10.0.0.2").unwrap_err(), Full::All);
        assert_eq!(admission.open.get(), 64);
        drop(taken);
        assert!(from("10.0.0.1").is_ok());
        assert!(admission.lock().by_address.is_empty());
        assert_eq!(admission.open.get(), 0);
    }
}
