//! Which device the networks of a run compute on.

use crate::Error;
use crate::device::{DeviceChoice, DeviceError};
use crate::machine;
use agents::registry::{build_placed, has_network};
use agents::setting::Setting;
use environments::Environment;
use run::registry::Registered;
use run::{Registry, Run, RunError};
use shared::parameter::Resolved;
use shared::quantity::Seed;
use shared::spec::RunSpec;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

/// Multiplications of a batch that a device makes sooner than it is reached: rows times weights. Estimated, not measured: the
/// CPU takes some 5 ms for them there and back, a device about 2 to be given some 150 pieces of work and to be waited for twice.
pub const WORTHWHILE: usize = 1 << 25;

/// What a run is built from, and where its networks compute.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) registry: Arc<Registry>,
    /// The device; none for the networks' own path on the CPU.
    pub(crate) device: Option<deep::Device>,
    /// What there is to say of it.
    pub(crate) words: Option<String>,
}

impl Placed {
    /// Builds a run there.
    pub(crate) fn build(&self, run: impl FnOnce(Arc<Registry>) -> Result<Run, RunError>) -> Result<Run, Error> {
        guarded(self.device, || Ok(run(Arc::clone(&self.registry))?))
    }
}

/// What runs are made of on the CPU, and what is told of the machine beside them.
pub(crate) fn on_the_cpu() -> Registry {
    Registry::default().with(policies::registered()).with_metrics(machine::metrics())
}

/// Puts the networks of a run where somebody wants them.
pub(crate) fn place(wanted: DeviceChoice, spec: &RunSpec) -> Result<Placed, Error> {
    let cpu = |words| Placed { registry: Arc::new(on_the_cpu()), device: None, words };
    if !has_network(&spec.agent.id) {
        let words =
            wanted.deep().map(|device| format!("{} has no network, so that {device} has nothing to do", spec.agent.id));
        return Ok(cpu(words));
    }
    let Some(device) = wanted.deep() else {
        if wanted == DeviceChoice::Cpu || !any_is_built() {
            return Ok(cpu(None));
        }
        return Ok(match choose(spec).and_then(|device| Ok((device, open(device)?))) {
            Ok((device, learners)) => on(device, learners),
            Err(reason) => cpu(Some(format!("networks compute on the CPU: {reason}"))),
        });
    };
    let missing = |reason| DeviceError::Missing { device: device.to_string(), reason };
    Ok(on(device, open(device).map_err(missing)?))
}

fn on(device: deep::Device, learners: Vec<Registered>) -> Placed {
    let there = on_the_cpu().with_metrics(machine::metrics_of(device));
    let registry = Arc::new(learners.into_iter().fold(there, Registry::with));
    Placed { registry, device: Some(device), words: Some(format!("networks compute on {device}")) }
}

fn open(device: deep::Device) -> Result<Vec<Registered>, String> {
    deep::learners(device).map_err(|fault| fault.to_string())
}

/// Whether this program was built for any GPU.
const fn any_is_built() -> bool {
    deep::Device::Cuda(0).is_built() || deep::Device::Wgpu(0).is_built()
}

/// The device that is quicker than the CPU for a run; if none is, why.
fn choose(spec: &RunSpec) -> Result<deep::Device, String> {
    let mut gpus: Vec<_> = deep::found().into_iter().filter(|it| !it.is_software).map(|it| it.device).collect();
    // An NVIDIA GPU is quicker through CUDA.
    gpus.sort_by_key(|it| !matches!(it, deep::Device::Cuda(_)));
    let device = *gpus.first().ok_or("no GPU was found; `terrarium devices` tells what is missing")?;
    let Some(work) = NetworkWork::of(spec) else { return Ok(device) };
    work.is_worthwhile().map(|()| device)
}

/// What a network has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NetworkWork {
    weights: usize,
    /// Rows that it computes to act,
    copies: usize,
    /// and rows that it learns from at a time.
    minibatch: usize,
}

impl NetworkWork {
    /// That of a run, where it can be told; what cannot be built is refused later, and by name.
    fn of(spec: &RunSpec) -> Option<Self> {
        let entry = agents::registry::find(&spec.agent.id).ok()?;
        let parameters = Resolved::new(&entry.parameters, &spec.agent.parameters).ok()?;
        let count = |name: &str| parameters.count(name).unwrap_or(1);
        let copies = count("copies");
        let minibatch = if entry.parameters.iter().any(|it| it.name == "batch") {
            count("batch")
        } else {
            copies * count("rollout_steps") / count("minibatches").max(1)
        };
        let environment = environments::registry::build(&spec.environment).ok()?;
        let weights = environment.accept(WeightCount { id: &entry.id, parameters: &parameters })?;
        Some(Self { weights, copies, minibatch })
    }

    /// Whether a device makes up for being reached; if not, why.
    fn is_worthwhile(self) -> Result<(), String> {
        let Self { weights, copies, minibatch } = self;
        let least = WORTHWHILE.div_ceil(weights.max(1));
        if copies >= least && minibatch >= least {
            return Ok(());
        }
        Err(format!(
            "with {weights} weights a GPU is worth its while from some {least} copies and minibatches of as many steps on \
             (estimated), and these are {copies} copies and minibatches of {minibatch}; --device cuda:N or wgpu:N takes one \
             anyway"
        ))
    }
}

/// Counts the weights of an agent's network in an environment.
struct WeightCount<'a> {
    id: &'a str,
    parameters: &'a Resolved,
}

impl environments::registry::EnvironmentVisitor for WeightCount<'_> {
    type Output = Option<usize>;

    fn visit<E: Environment>(self, environment: E) -> Option<usize> {
        let weights = Cell::new(0);
        let place = |network: networks::Network| {
            weights.set(network.weights().len());
            network
        };
        build_placed(self.id, self.parameters, &Setting::of(&environment), Seed::default(), &place).ok()?;
        Some(weights.get())
    }
}

/// Does something that a device computes for. A device that gives up panics, because no algorithm can go on without its
/// numbers.
pub(crate) fn guarded<T>(device: Option<deep::Device>, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let Some(device) = device else { return work() };
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|said| {
        let words = said.downcast_ref::<String>().map(String::as_str).or_else(|| said.downcast_ref::<&str>().copied());
        let reason = deep::DeviceFault::explained(words.unwrap_or("it said nothing")).to_string();
        Err(DeviceError::GaveUp { device: device.to_string(), reason }.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::parameter::Value;

    #[test]
    fn small_networks_and_few_copies_stay_on_the_cpu_and_large_ones_do_not() {
        let mut spec = RunSpec::new("snake", "ppo", Seed::default());
        let small = NetworkWork::of(&spec).unwrap();
        assert_eq!(small.minibatch, 256);
        let said = small.is_worthwhile().unwrap_err();
        assert!(said.contains(&format!("with {} weights", small.weights)) && said.contains("8 copies"), "{said}");
        spec.agent
            .parameters
            .extend([("copies".into(), Value::Integer(4096)), ("hidden".into(), Value::Text("512-512".into()))]);
        let large = NetworkWork::of(&spec).unwrap();
        assert!(large.weights > 20 * small.weights);
        assert_eq!(large.is_worthwhile(), Ok(()));
        let dqn = NetworkWork::of(&RunSpec::new("cart-pole", "dqn", Seed::default())).unwrap();
        assert_eq!((dqn.copies, dqn.minibatch), (4, 64));
    }

    #[test]
    fn a_device_that_gives_up_is_an_error_with_a_way_out() {
        let fallen =
            guarded(Some(deep::Device::Cuda(0)), || -> Result<(), Error> { panic!("CUDA_ERROR_OUT_OF_MEMORY") });
        let said = fallen.unwrap_err().to_string();
        assert!(
            said.contains("cuda:0 gave up: CUDA_ERROR_OUT_OF_MEMORY. It ran out of memory: fewer copies"),
            "{said}"
        );
    }

    #[test]
    fn an_agent_without_a_network_gives_a_device_nothing_to_do() {
        let spec = RunSpec::new("taxi", "q-learning", Seed::default());
        let placed = place(DeviceChoice::Cuda(0), &spec).unwrap();
        assert_eq!(placed.device, None);
        assert!(placed.words.unwrap().starts_with("q-learning has no network"));
    }
}
