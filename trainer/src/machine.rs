//! What a run takes of the machine, as metrics: processor, memory, GPU, steps a second, and where the time goes. None of it enters the hash.

mod gpu;

use gpu::{GpuUse, GpuWatch};
use shared::metric::MetricDescription;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Time between two reports.
const EVERY: Duration = Duration::from_secs(2);
/// Reports of a shorter time say nothing.
const SHORTEST: Duration = Duration::from_millis(200);

const STEPS: MetricDescription =
    MetricDescription::new("machine/steps_per_second", "Steps a second", "steps/s", "Machine");
const CORES: MetricDescription = MetricDescription::new("machine/cpu", "Processor", "cores", "Machine");
const MEMORY: MetricDescription = MetricDescription::new("machine/memory", "Memory", "MiB", "Machine");
const PHASES: [MetricDescription; 4] = [
    MetricDescription::new("machine/training", "Time for training", "%", "Machine"),
    MetricDescription::new("machine/publishing", "Time for log and states", "%", "Machine"),
    MetricDescription::new("machine/saving", "Time for saves", "%", "Machine"),
    MetricDescription::new("machine/waiting", "Time spent waiting", "%", "Machine"),
];

const GPU: MetricDescription = MetricDescription::new("machine/gpu", "GPU", "%", "Machine");
const GPU_MEMORY: MetricDescription =
    MetricDescription::new("machine/gpu_memory", "Memory of the GPU", "MiB", "Machine");

/// What it reports beside that of a run whose networks compute on a device.
pub fn metrics_of(device: deep::Device) -> Vec<MetricDescription> {
    if matches!(device, deep::Device::Cuda(_)) { vec![GPU, GPU_MEMORY] } else { vec![] }
}

/// What it reports, in the order in which it is shown.
pub fn metrics() -> Vec<MetricDescription> {
    [STEPS, CORES, MEMORY].into_iter().chain(PHASES).collect()
}

/// What time is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachinePhase {
    /// Steps and learning.
    Training,
    /// Log entries and states, for the relay and the run directory.
    Publishing,
    /// Saves into the run directory.
    Saving,
    /// Nothing: a run that holds or keeps a pace.
    Waiting,
}

/// Measures this process.
#[derive(Debug)]
pub struct Machine {
    /// None where the system does not tell.
    system: Option<System>,
    process: Option<Pid>,
    /// Where networks compute on NVIDIA's GPU.
    gpu: Option<GpuWatch>,
    since: Instant,
    step: u64,
    spent: [Duration; 4],
    mark: Instant,
}

impl Machine {
    /// Begins at this step, of a run whose networks compute on this device, if not on the CPU.
    pub fn begin(step: u64, device: Option<deep::Device>) -> Self {
        let now = Instant::now();
        let process = sysinfo::get_current_pid().ok();
        let gpu = device.and_then(|it| if let deep::Device::Cuda(index) = it { Some(index) } else { None });
        let mut machine = Self {
            system: System::new().ok(),
            process,
            gpu: gpu.map(GpuWatch::begin),
            since: now,
            step,
            spent: [Duration::ZERO; 4],
            mark: now,
        };
        machine.refresh();
        machine
    }

    /// The time since the last mark went to this.
    pub fn mark(&mut self, phase: MachinePhase) {
        let now = Instant::now();
        self.spent[phase as usize] += now - self.mark;
        self.mark = now;
    }

    /// The metrics since the last report, if it is time for one or, with `at_once`, if there is something to say.
    pub fn report(&mut self, step: u64, at_once: bool) -> Option<BTreeMap<String, f64>> {
        let elapsed = self.since.elapsed();
        if elapsed < if at_once { SHORTEST } else { EVERY } {
            return None;
        }
        let mut values = BTreeMap::new();
        let mut put = |metric: &MetricDescription, value: f64| values.insert(metric.name.clone().into_owned(), value);
        put(&STEPS, step.saturating_sub(self.step) as f64 / elapsed.as_secs_f64());
        let all = self.spent.iter().sum::<Duration>().as_secs_f64().max(f64::MIN_POSITIVE);
        for (metric, spent) in PHASES.iter().zip(&self.spent) {
            put(metric, 100.0 * spent.as_secs_f64() / all);
        }
        self.refresh();
        let process = self.process.and_then(|process| self.system.as_ref()?.process(process));
        if let Some(process) = process {
            put(&CORES, f64::from(process.cpu_usage()) / 100.0);
            put(&MEMORY, process.memory() as f64 / f64::from(1 << 20));
        }
        let GpuUse { percent, mebibytes } = self.gpu.as_ref().map(GpuWatch::newest).unwrap_or_default();
        for (metric, value) in [(&GPU, percent), (&GPU_MEMORY, mebibytes)] {
            if let Some(value) = value {
                put(metric, value);
            }
        }
        let now = Instant::now();
        (self.since, self.mark, self.step, self.spent) = (now, now, step, [Duration::ZERO; 4]);
        Some(values)
    }

    fn refresh(&mut self) {
        if let (Some(process), Some(system)) = (self.process, &mut self.system) {
            let wanted = ProcessRefreshKind::nothing().with_cpu().with_memory();
            system.refresh_processes_specifics(ProcessesToUpdate::Some(&[process]), false, wanted);
        }
    }
}
