//! Admitting: whether a secret opens a role, by options and storage; whoever guesses is slowed down.

use crate::access::{AccessPass, AccessRefusal, hash};
use crate::hub::Hub;
use shared::message::Role;
use std::net::IpAddr;

/// Whether a secret opens a role for whoever is at this address.
pub(crate) async fn admit(
    hub: &Hub,
    role: Role,
    given: Option<&str>,
    address: IpAddr,
) -> Result<AccessPass, AccessRefusal> {
    let given = given.map(hash);
    if given.is_some()
        && let Err(wait) = hub.brake.check(address)
    {
        return Err(AccessRefusal::Guessing(wait.as_secs().max(1)));
    }
    let stored = hub.log.grants(given).await.map_err(|error| AccessRefusal::Unknown(error.to_string()))?;
    let result = hub.config.access.admit(role, given.as_ref(), &stored, &hub.address);
    if matches!(result, Err(AccessRefusal::TokenWrong(_) | AccessRefusal::Closed(_))) && given.is_some() {
        hub.metrics.wrong_tokens.inc();
        hub.brake.failed(address);
    }
    result
}
