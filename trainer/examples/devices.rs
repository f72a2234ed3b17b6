//! Measures networks on every device here, against the CPU: `cargo run --release -p trainer --features cuda --example
//! devices`, with `wgpu` or `burn-cpu` beside or instead.
//!
//! Two tables. The first one is of networks alone: how long a batch takes there (to act), and there, back and through the
//! optimiser (to learn), by width and rows. The second one is of whole runs and where their time goes: in the network
//! forward, backward and in its steps, waiting for the device included; what is left are environments and losses. It takes at
//! most the seconds that are given (480 unless somebody says otherwise) and a little, and leaves out what does not fit.

use agents::registry::build_placed;
use deep::{Device, DeviceVisitor};
use environments::Generator;
use networks::{
    Activation, Approximator, Architecture, Head, Initial, Input, Layer, LayerSnapshot, Network, NotFinite,
};
use networks::{Optimiser, Parallel, TensorError, Tensors};
use run::registry::Registered;
use run::{Registry, Run};
use shared::command::Command;
use shared::parameter::Resolved;
use shared::{RunSpec, Seed};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use trainer::agent_options::AgentSettings;
use trainer::settings;
use trainer::threads::Threads;

/// Units of two hidden layers, and rows of a batch.
const WIDTHS: [usize; 3] = [64, 256, 1024];
const ROWS: [usize; 4] = [64, 1024, 4096, 16_384];
/// Numbers that those networks see.
const INPUTS: usize = 128;
/// The longest that one figure is measured.
const A_FIGURE: Duration = Duration::from_millis(800);
const A_RUN: Duration = Duration::from_secs(25);

/// An environment, its options, and the preset of PPO.
type MeasuredRun = (&'static str, &'static [&'static str], Option<&'static str>);

/// What runs are measured.
const RUNS: [MeasuredRun; 6] = [
    ("cart-pole", &[], None),
    ("snake", &["size=10"], Some("gpu-boards")),
    ("snake", &["size=20"], Some("gpu-boards")),
    ("snake", &["size=20", "view=board"], Some(CONVOLUTIONS)),
    ("tetris", &[], Some("gpu-boards")),
    ("racing", &["controls=continuous"], Some("gpu-numbers")),
];
/// The preset that a CPU would be busy with for longer than everything else takes: an update is a million windows, times
/// thousands of weights.
const CONVOLUTIONS: &str = "gpu-convolutions";

/// Nanoseconds in the network since somebody looked: forward, backward, steps.
static SPENT: [AtomicU64; 3] = [const { AtomicU64::new(0) }; 3];

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = std::env::args().nth(1).map_or(Ok(480), |it| it.parse::<u64>())?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let threads = std::thread::available_parallelism()?.get();
    println!("{threads} threads; {seconds} s at most\n");
    println!(
        "| device | hidden | rows | to act, ms | to learn, ms | rows learned a second |\n|---|---|--:|--:|--:|--:|"
    );
    let devices: Vec<_> = deep::found().into_iter().map(|it| it.device).collect();
    let half = Instant::now() + end.saturating_duration_since(Instant::now()) / 3;
    for width in WIDTHS {
        for rows in ROWS {
            alone("cpu", width, rows, half, &|network| network);
            for device in &devices {
                tell(*device, deep::visit(*device, NetworkMeasurement { device: *device, width, rows, end: half }));
            }
        }
    }
    println!("\n| device | environment | copies | steps/s | forward | backward | steps | environments and losses |");
    println!("|---|---|--:|--:|--:|--:|--:|--:|");
    for run in RUNS {
        match run {
            (environment, options, Some(CONVOLUTIONS)) => {
                println!("| cpu | {} | | not measured: one update takes minutes |", title(environment, options));
            }
            _ => whole("cpu", run, threads, end, |network| network)?,
        }
        for device in &devices {
            match deep::visit(*device, RunMeasurement { device: *device, run, threads, end }) {
                Ok(outcome) => outcome?,
                Err(fault) => println!("| {device} | {} | | not measured: {fault} |", title(run.0, run.1)),
            }
        }
    }
    for device in [Device::Cuda(0), Device::Wgpu(0)] {
        if !devices.iter().any(|it| it.feature() == device.feature()) {
            let why =
                deep::visit(device, DeviceProbe).map_or_else(|fault| fault.to_string(), |()| "no such device".into());
            println!("\n{}: not measured: {why}", device.feature());
        }
    }
    Ok(())
}

fn tell(device: Device, outcome: Result<(), deep::DeviceFault>) {
    if let Err(fault) = outcome {
        println!("| {device} | not measured: {fault} |");
    }
}

struct DeviceProbe;

impl DeviceVisitor for DeviceProbe {
    type Output = ();

    fn visit<N: Approximator>(self, _: impl Fn(Network) -> N + Clone + Send + Sync + 'static) {}
}

struct NetworkMeasurement {
    device: Device,
    width: usize,
    rows: usize,
    end: Instant,
}

impl DeviceVisitor for NetworkMeasurement {
    type Output = ();

    fn visit<N: Approximator>(self, place: impl Fn(Network) -> N + Clone + Send + Sync + 'static) {
        alone(&self.device.to_string(), self.width, self.rows, self.end, &place);
    }
}

/// Measures a network with two hidden layers by itself.
fn alone<N: Approximator>(device: &str, width: usize, rows: usize, end: Instant, place: &impl Fn(Network) -> N) {
    if Instant::now() >= end {
        return println!("| {device} | {width}-{width} | {rows} | not measured: no time left |");
    }
    let dense = |units, activation| Layer::Dense { units, activation, initial: Initial::Kaiming };
    let head = |name: &str, outputs| Head {
        name: name.into(),
        layers: vec![
            dense(width, Activation::Relu),
            dense(width, Activation::Relu),
            dense(outputs, Activation::Linear),
        ],
    };
    let heads = vec![head("policy", 8), head("value", 1)];
    let Ok(architecture) = Architecture::new(Input::Vector { length: INPUTS }, vec![], heads) else { return };
    let mut generator = Generator::new(Seed::default());
    let mut network = place(Network::new(&architecture, Optimiser::ADAM, &mut || generator.normal()));
    let inputs: Vec<f32> = (0..rows * INPUTS).map(|_| generator.normal() as f32).collect();
    let gradients = [vec![1e-3; rows * 8], vec![1e-3; rows]];
    let act = milliseconds(|| network.forward(&inputs));
    let learn = milliseconds(|| {
        network.forward(&inputs);
        network.backward(&[&gradients[0], &gradients[1]]);
        network.step(1e-4, Some(0.5)).ok();
    });
    println!("| {device} | {width}-{width} | {rows} | {act:.3} | {learn:.3} | {:.0} |", rows as f64 / learn * 1e3);
}

/// The median of how long something takes, after it was done twice: the first times compile and choose.
fn milliseconds(mut work: impl FnMut()) -> f64 {
    work();
    work();
    let (begin, mut times) = (Instant::now(), Vec::new());
    while times.len() < 3 || begin.elapsed() < A_FIGURE && times.len() < 1000 {
        let one = Instant::now();
        work();
        times.push(one.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

struct RunMeasurement {
    device: Device,
    run: MeasuredRun,
    threads: usize,
    end: Instant,
}

impl DeviceVisitor for RunMeasurement {
    type Output = Result<(), Box<dyn Error>>;

    fn visit<N: Approximator>(self, place: impl Fn(Network) -> N + Clone + Send + Sync + 'static) -> Self::Output {
        whole(&self.device.to_string(), self.run, self.threads, self.end, place)
    }
}

/// An environment with its options.
fn title(environment: &str, options: &[impl AsRef<str>]) -> String {
    std::iter::once(environment).chain(options.iter().map(AsRef::as_ref)).collect::<Vec<_>>().join(" ")
}

/// Measures a run of PPO.
fn whole<N: Approximator>(
    device: &str,
    (environment, options, preset): MeasuredRun,
    threads: usize,
    end: Instant,
    place: impl Fn(Network) -> N + Send + Sync + 'static,
) -> Result<(), Box<dyn Error>> {
    let mut spec = RunSpec::new(environment, "ppo", Seed::default());
    let options: Vec<_> = options.iter().map(ToString::to_string).collect();
    spec.environment.parameters = settings::read(&environments::registry::find(environment)?, &options)?;
    spec.agent = AgentSettings { agent_preset: preset.map(Into::into), set: vec![] }.spec(environment, "ppo")?;
    let entry = agents::registry::find("ppo")?;
    let resolved = Resolved::new(&entry.parameters, &spec.agent.parameters)?;
    let (copies, rollout) = (resolved.integer("copies")?, resolved.integer("rollout_steps")?);
    let environment = title(environment, &options);
    if Instant::now() + A_RUN / 2 >= end {
        println!("| {device} | {environment} | {copies} | not measured: no time left |");
        return Ok(());
    }
    let registered = Registered::batch(entry, move |parameters, setting, seed| {
        build_placed("ppo", parameters, setting, seed, &|network| Timed(place(network)))
    });
    let mut run = Run::of(Arc::new(Registry::default().with(registered)), spec)?;
    if let Some(threads) = Threads::some(threads)? {
        run.work_with(threads);
    }
    run.command(Command::Resume { until_episode: None });
    // An update before the clock runs: the first one compiles and chooses.
    let warm = Instant::now();
    while warm.elapsed() < A_RUN / 4 || run.step() <= (copies * rollout) as u64 && warm.elapsed() < A_RUN {
        run.advance(10_000);
        run.drain_log();
    }
    let spent = || [0, 1, 2].map(|part: usize| SPENT[part].swap(0, Ordering::Relaxed));
    spent();
    let (begin, first) = (Instant::now(), run.step());
    while begin.elapsed() < A_RUN.min(end.saturating_duration_since(Instant::now())) {
        run.advance(50_000);
        run.drain_log();
    }
    let seconds = begin.elapsed().as_secs_f64();
    let parts = spent().map(|it| it as f64 / 1e9 / seconds * 100.0);
    println!(
        "| {device} | {environment} | {copies} | {:.0} | {:.0} % | {:.0} % | {:.0} % | {:.0} % |",
        (run.step() - first) as f64 / seconds,
        parts[0],
        parts[1],
        parts[2],
        100.0 - parts.iter().sum::<f64>()
    );
    Ok(())
}

/// A network that notes how long it is asked for.
#[derive(Debug)]
struct Timed<N>(N);

fn timed<T>(part: usize, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let outcome = work();
    SPENT[part].fetch_add(begin.elapsed().as_nanos() as u64, Ordering::Relaxed);
    outcome
}

impl<N: Approximator> Approximator for Timed<N> {
    const MOST_ROWS: usize = N::MOST_ROWS;

    fn architecture(&self) -> &Architecture {
        self.0.architecture()
    }

    fn work_with(&mut self, parallel: Arc<dyn Parallel>) {
        self.0.work_with(parallel);
    }

    fn forward(&mut self, inputs: &[f32]) {
        timed(0, || self.0.forward(inputs));
    }

    fn outputs(&self, head: usize) -> &[f32] {
        self.0.outputs(head)
    }

    fn backward(&mut self, gradients: &[&[f32]]) {
        timed(1, || self.0.backward(gradients));
    }

    fn step(&mut self, rate: f32, most_norm: Option<f32>) -> Result<f32, NotFinite> {
        timed(2, || self.0.step(rate, most_norm))
    }

    fn follow(&mut self, other: &Self, share: f32) {
        self.0.follow(&other.0, share);
    }

    fn predict(&self, head: usize, inputs: &[f32]) -> Vec<f32> {
        self.0.predict(head, inputs)
    }

    fn saliency(&self, head: usize, output: usize, input: &[f32]) -> Vec<f32> {
        self.0.saliency(head, output, input)
    }

    fn inspect(&self, report: &mut dyn FnMut(LayerSnapshot<'_>)) {
        self.0.inspect(report);
    }

    fn save(&self) -> Tensors {
        self.0.save()
    }

    fn load(&mut self, tensors: &Tensors) -> Result<(), TensorError> {
        self.0.load(tensors)
    }
}
