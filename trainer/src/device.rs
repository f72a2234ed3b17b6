//! What networks can compute on here, and what is missing where they cannot.

use serde::Serialize;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// A device, as somebody asks for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// Whichever is quickest for the run.
    #[default]
    Auto,
    /// The CPU, with the networks that give the same bits everywhere.
    Cpu,
    /// The CPU, with burn's tensors: what tests of devices run on.
    BurnCpu,
    /// An NVIDIA GPU by its index.
    Cuda(u32),
    /// Any GPU by its index, through Vulkan or Metal.
    Wgpu(u32),
}

/// A device that is none, or not to be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// Not of the form.
    #[error("a device is auto, cpu, cuda:N or wgpu:N with N from 0, e.g. cuda:0, not {given:?}")]
    Form {
        /// What was given.
        given: String,
    },
    /// Not to be had here.
    #[error("the device {device} cannot be used: {reason}; --device cpu or auto trains without it")]
    Missing {
        /// The device.
        device: String,
        /// What is missing, and how to get it.
        reason: String,
    },
    /// It gave up while a run computed on it.
    #[error(
        "the device {device} gave up: {reason}. What was saved before stays, and goes on with `terrarium resume`, there or \
         with --device cpu"
    )]
    GaveUp {
        /// The device.
        device: String,
        /// What it said, and what helps.
        reason: String,
    },
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let numbered = |kind: &str| match text.strip_prefix(kind)? {
            "" => Some(0),
            rest => rest.strip_prefix(':')?.parse().ok(),
        };
        match text {
            "auto" => return Ok(Self::Auto),
            "cpu" => return Ok(Self::Cpu),
            "burn-cpu" => return Ok(Self::BurnCpu),
            _ => {}
        }
        let cuda = numbered("cuda").map(Self::Cuda);
        cuda.or_else(|| numbered("wgpu").map(Self::Wgpu)).ok_or_else(|| DeviceError::Form { given: text.into() })
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Cpu => formatter.write_str("cpu"),
            Self::BurnCpu => formatter.write_str("burn-cpu"),
            Self::Cuda(index) => write!(formatter, "cuda:{index}"),
            Self::Wgpu(index) => write!(formatter, "wgpu:{index}"),
        }
    }
}

impl DeviceChoice {
    /// The device as `deep` knows it; none for the networks' own path on the CPU.
    pub const fn deep(self) -> Option<deep::Device> {
        match self {
            Self::Auto | Self::Cpu => None,
            Self::BurnCpu => Some(deep::Device::BurnCpu),
            Self::Cuda(index) => Some(deep::Device::Cuda(index)),
            Self::Wgpu(index) => Some(deep::Device::Wgpu(index)),
        }
    }

    /// Whether it is here, and this program was built for it; if not, why, and the way out. Nothing is computed on it.
    pub fn check(self) -> Result<(), DeviceError> {
        let Some(device) = self.deep() else { return Ok(()) };
        let missing = |reason| DeviceError::Missing { device: self.to_string(), reason };
        if !device.is_built() {
            let reason = not_built(device);
            let gpu = matches!(self, Self::Cuda(index) if nvidia_gpus().len() <= index as usize);
            return Err(missing(if gpu { format!("{}; besides, {reason}", no_gpu()) } else { reason }));
        }
        let same_kind = |it: &&deep::FoundDevice| std::mem::discriminant(&it.device) == std::mem::discriminant(&device);
        let (found, of_kind) = (deep::found(), deep::found().iter().filter(same_kind).count());
        match (found.iter().any(|it| it.device == device), of_kind, self) {
            (true, ..) => Ok(()),
            (false, 0, Self::Cuda(_)) => Err(missing(no_gpu())),
            (false, 0, _) => Err(missing(NO_ADAPTER.into())),
            (false, count, _) => Err(missing(format!("there are {count} of its kind here, counted from 0"))),
        }
    }
}

/// What is missing where wgpu finds nothing.
const NO_ADAPTER: &str = "no graphics driver answers: install Vulkan's loader and the card's driver, on Debian libvulkan1 \
                          and mesa-vulkan-drivers";

fn not_built(device: deep::Device) -> String {
    deep::DeviceFault::NotBuilt { feature: device.feature() }.to_string()
}

/// What is missing where no GPU of NVIDIA can be used.
fn no_gpu() -> String {
    format!("there is no such GPU ({})", nvidia_missing())
}

/// A device that was found, or a kind of which none was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListedDevice {
    /// As `--device` takes it.
    pub device: String,
    /// What sort it is.
    pub kind: &'static str,
    /// Its name; empty where none is there.
    pub name: String,
    /// Its memory in bytes, where it tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// The driver and its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Of a CPU: cores and instructions that networks make use of, or could.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// Whether runs can use it.
    pub usable: bool,
    /// What is missing, and how to get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// Every device, and of every kind without one what is missing. Nothing is computed on them.
pub fn all() -> Vec<ListedDevice> {
    let (mut all, built) = (vec![cpu()], deep::found());
    if deep::Device::BurnCpu.is_built() {
        all.push(found("burn-cpu", "CPU", "burn's tensors, for tests", None, None));
    }
    let (gpus, driver) = (nvidia_gpus(), nvidia_driver());
    for (index, (name, memory_bytes)) in gpus.iter().enumerate() {
        let device = deep::Device::Cuda(index as u32);
        let missing = match built.iter().any(|it| it.device == device) {
            true => None,
            false if device.is_built() => Some(nvidia_missing()),
            false => Some(not_built(device)),
        };
        let gpu = found(&device.to_string(), "NVIDIA GPU", name, driver.clone(), missing);
        all.push(ListedDevice { memory_bytes: *memory_bytes, ..gpu });
    }
    if gpus.is_empty() {
        let device = deep::Device::Cuda(0);
        let besides = if device.is_built() { String::new() } else { format!("; besides, {}", not_built(device)) };
        all.push(found("cuda", "NVIDIA GPU", "", driver, Some(nvidia_missing() + &besides)));
    }
    let adapters = built.into_iter().filter(|it| matches!(it.device, deep::Device::Wgpu(_)));
    let adapters: Vec<_> = adapters.collect();
    for it in &adapters {
        let kind = if it.is_software { "GPU in software" } else { "GPU" };
        all.push(found(&it.device.to_string(), kind, it.name.as_deref().unwrap_or_default(), it.driver.clone(), None));
    }
    let device = deep::Device::Wgpu(0);
    match device.is_built() {
        true if adapters.is_empty() => all.push(found("wgpu", "GPU", "", None, Some(NO_ADAPTER.into()))),
        true => {}
        false => {
            let cards = graphics_cards();
            for (index, driver) in cards.iter().enumerate() {
                let missing = Some(not_built(device));
                all.push(found(&format!("wgpu:{index}"), "GPU", "", Some(driver.clone()), missing));
            }
            if cards.is_empty() {
                let missing = format!("the system shows no graphics card; besides, {}", not_built(device));
                all.push(found("wgpu", "GPU", "", None, Some(missing)));
            }
        }
    }
    all
}

fn found(
    device: &str,
    kind: &'static str,
    name: &str,
    driver: Option<String>,
    missing: Option<String>,
) -> ListedDevice {
    ListedDevice {
        device: device.into(),
        kind,
        name: name.into(),
        memory_bytes: None,
        driver,
        features: Vec::new(),
        usable: missing.is_none(),
        missing,
    }
}

impl ListedDevice {
    /// The same after it has computed something, if it can.
    #[must_use]
    pub fn tried(self) -> Self {
        let device = self.device.parse::<DeviceChoice>().ok().and_then(DeviceChoice::deep);
        let Some(device) = device.filter(|_| self.usable) else { return self };
        match deep::learners(device) {
            Ok(_) => self,
            Err(fault) => Self { usable: false, missing: Some(fault.to_string()), ..self },
        }
    }
}

fn cpu() -> ListedDevice {
    let wanted =
        RefreshKind::nothing().with_memory(MemoryRefreshKind::everything()).with_cpu(CpuRefreshKind::nothing());
    // A system that does not tell is no reason to tell nothing else.
    let system = System::new_with_specifics(wanted).ok();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut features = vec![format!("{cores} {}", if cores == 1 { "core" } else { "cores" })];
    features.extend(instructions().into_iter().map(ToOwned::to_owned));
    ListedDevice {
        device: "cpu".into(),
        kind: "CPU",
        name: system.as_ref().and_then(|it| Some(it.cpus().first()?.brand().trim().to_owned())).unwrap_or_default(),
        memory_bytes: system.as_ref().map(System::total_memory),
        driver: None,
        features,
        usable: true,
        missing: None,
    }
}

#[cfg(target_arch = "x86_64")]
fn instructions() -> Vec<&'static str> {
    let known = [
        ("sse4.2", std::arch::is_x86_feature_detected!("sse4.2")),
        ("avx", std::arch::is_x86_feature_detected!("avx")),
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
    ];
    known.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
}

#[cfg(target_arch = "aarch64")]
fn instructions() -> Vec<&'static str> {
    if std::arch::is_aarch64_feature_detected!("neon") { vec!["neon"] } else { Vec::new() }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const fn instructions() -> Vec<&'static str> {
    Vec::new()
}

/// The names of the GPUs that NVIDIA's driver tells of, in its order, and their memory in bytes where its own program tells.
fn nvidia_gpus() -> Vec<(String, Option<u64>)> {
    let told =
        Command::new("nvidia-smi").args(["--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]).output();
    let told = told.ok().filter(|it| it.status.success()).map(|it| String::from_utf8_lossy(&it.stdout).into_owned());
    let gpu = |line: &str| {
        let (name, mebibytes) = line.rsplit_once(',')?;
        Some((name.trim().to_owned(), mebibytes.trim().parse::<u64>().ok().map(|it| it << 20)))
    };
    let told: Vec<_> = told.iter().flat_map(|it| it.lines()).filter_map(gpu).collect();
    if told.is_empty() { shown_gpus().into_iter().map(|name| (name, None)).collect() } else { told }
}

/// The names of the GPUs that NVIDIA's kernel driver shows.
fn shown_gpus() -> Vec<String> {
    let mut places: Vec<PathBuf> =
        fs::read_dir("/proc/driver/nvidia/gpus").into_iter().flatten().flatten().map(|it| it.path()).collect();
    places.sort();
    let model = |place: PathBuf| {
        let text = fs::read_to_string(place.join("information")).unwrap_or_default();
        let name = text.lines().find_map(|it| it.strip_prefix("Model:")).map(|it| it.trim().to_owned());
        name.unwrap_or_else(|| "NVIDIA GPU".into())
    };
    places.into_iter().map(model).collect()
}

/// The version of NVIDIA's kernel driver.
fn nvidia_driver() -> Option<String> {
    let text = fs::read_to_string("/proc/driver/nvidia/version").ok()?;
    let words = text.lines().next()?.split_whitespace();
    words.into_iter().find(|it| it.starts_with(|first: char| first.is_ascii_digit())).map(ToOwned::to_owned)
}

/// What of NVIDIA's software is not here.
fn nvidia_missing() -> String {
    let library =
        ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/lib/wsl/lib"];
    let there = library.iter().any(|it| Path::new(it).join("libcuda.so.1").exists());
    match (nvidia_driver(), there) {
        (None, false) => "neither NVIDIA's kernel driver nor its libcuda.so.1 is installed".into(),
        (None, true) => "NVIDIA's kernel driver is not loaded".into(),
        (Some(version), false) => format!("NVIDIA's driver {version} is loaded, but libcuda.so.1 is not installed"),
        (Some(version), true) => format!("NVIDIA's driver {version} is loaded, and it shows no GPU"),
    }
}

/// The drivers of the graphics cards that the system shows.
fn graphics_cards() -> Vec<String> {
    let mut cards: Vec<PathBuf> =
        fs::read_dir("/sys/class/drm").into_iter().flatten().flatten().map(|it| it.path()).collect();
    cards.retain(|it| {
        let name = it.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        name.strip_prefix("card").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|it| it.is_ascii_digit()))
    });
    cards.sort();
    let driver = |card: PathBuf| {
        let driver = fs::read_link(card.join("device/driver")).ok();
        driver.and_then(|it| Some(it.file_name()?.to_str()?.to_owned())).unwrap_or_else(|| "unknown".into())
    };
    cards.into_iter().map(driver).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_and_others_are_refused() {
        for device in
            [DeviceChoice::Auto, DeviceChoice::Cpu, DeviceChoice::BurnCpu, DeviceChoice::Cuda(1), DeviceChoice::Wgpu(0)]
        {
            assert_eq!(device.to_string().parse(), Ok(device));
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
        for wrong in ["", "gpu", "cuda:", "cuda:x", "wgpu-1", "CPU"] {
            assert!(wrong.parse::<DeviceChoice>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_cpu_can_always_be_used_and_devices_that_cannot_say_why_not() {
        assert_eq!((DeviceChoice::Auto.check(), DeviceChoice::Cpu.check()), (Ok(()), Ok(())));
        for device in [DeviceChoice::BurnCpu, DeviceChoice::Cuda(0), DeviceChoice::Wgpu(900)] {
            let Err(error) = device.check() else { continue };
            let error = error.to_string();
            assert!(error.contains(&device.to_string()) && error.contains("--device cpu"), "{error}");
        }
        assert!(DeviceChoice::Wgpu(900).check().is_err(), "nobody has so many");
        let found = all();
        assert!(found[0].usable && found[0].device == "cpu" && found[0].memory_bytes > Some(0));
        assert!(found.len() >= 3 && found.iter().all(|it| it.usable == it.missing.is_none()));
    }
}
