//! Which devices there are, and agents whose networks compute on one.

use crate::device::{Device, DeviceFault, DeviceVisitor, FoundDevice};
use agents::registry::{build_placed, catalog, has_network};
use networks::{Approximator, Network};
use run::registry::Registered;

/// Every device whose backend was built. Nothing is computed on them.
pub fn found() -> Vec<FoundDevice> {
    #[cfg(any(feature = "burn-cpu", feature = "cuda", feature = "wgpu"))]
    return crate::open::found();
    #[cfg(not(any(feature = "burn-cpu", feature = "cuda", feature = "wgpu")))]
    Vec::new()
}

/// Shows a device to a visitor, after it has computed something.
///
/// # Errors
/// Where the device is not there, was not built or does not compute.
pub fn visit<V: DeviceVisitor>(device: Device, visitor: V) -> Result<V::Output, DeviceFault> {
    #[cfg(any(feature = "burn-cpu", feature = "cuda", feature = "wgpu"))]
    if device.is_built() {
        return crate::open::visit(device, visitor);
    }
    drop(visitor);
    Err(DeviceFault::NotBuilt { feature: device.feature() })
}

/// The agents with networks, whose networks compute on a device; it has computed something before this returns.
///
/// # Errors
/// As [`visit`].
pub fn learners(device: Device) -> Result<Vec<Registered>, DeviceFault> {
    visit(device, Learners)
}

struct Learners;

impl DeviceVisitor for Learners {
    type Output = Vec<Registered>;

    fn visit<N: Approximator>(self, place: impl Fn(Network) -> N + Clone + Send + Sync + 'static) -> Self::Output {
        let registered = |entry: shared::describe::CatalogEntry| {
            let (id, place) = (entry.id.clone(), place.clone());
            let learner = Registered::batch(entry, move |parameters, setting, seed| {
                build_placed(&id, parameters, setting, seed, &place)
            });
            learner.seeded()
        };
        catalog().into_iter().filter(|it| has_network(&it.id)).map(registered).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_was_not_built_is_refused_with_its_feature() {
        for device in [Device::BurnCpu, Device::Cuda(0), Device::Wgpu(1)] {
            if !device.is_built() {
                let said = learners(device).map(drop).unwrap_err().to_string();
                assert!(said.contains(&format!("--features {}", device.feature())), "{said}");
            }
        }
    }
}
