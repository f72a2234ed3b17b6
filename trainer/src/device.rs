//! What networks can compute on here, and what is missing where they cannot.

use serde::Serialize;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// What this build lacks for every device but the CPU.
const NO_BACKEND: &str = "this build has a backend for the CPU only; --device cpu or auto trains on it";

/// A device, as somebody asks for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// Whichever is quickest for the run; with this build the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// An NVIDIA GPU by its index.
    Cuda(u32),
    /// Any GPU by its index, through Vulkan, Metal or DirectX.
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
    #[error("the device {device} cannot be used: {reason}")]
    Missing {
        /// The device.
        device: String,
        /// What is missing, and the way out.
        reason: String,
    },
}

impl FromStr for Device {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let numbered = |kind: &str| match text.strip_prefix(kind)? {
            "" => Some(0),
            rest => rest.strip_prefix(':')?.parse().ok(),
        };
        match text {
            "auto" => return Ok(Self::Auto),
            "cpu" => return Ok(Self::Cpu),
            _ => {}
        }
        let cuda = numbered("cuda").map(Self::Cuda);
        cuda.or_else(|| numbered("wgpu").map(Self::Wgpu)).ok_or_else(|| DeviceError::Form { given: text.into() })
    }
}

impl fmt::Display for Device {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Cpu => formatter.write_str("cpu"),
            Self::Cuda(index) => write!(formatter, "cuda:{index}"),
            Self::Wgpu(index) => write!(formatter, "wgpu:{index}"),
        }
    }
}

impl Device {
    /// Whether it can be used here; if not, why, and the way out.
    pub fn check(self) -> Result<(), DeviceError> {
        let missing = match self {
            Self::Auto | Self::Cpu => return Ok(()),
            Self::Cuda(index) => nvidia_gpus().get(index as usize).map_or_else(
                || format!("there is no such GPU ({}), and {NO_BACKEND}", nvidia_missing()),
                |_| NO_BACKEND.into(),
            ),
            Self::Wgpu(_) => NO_BACKEND.to_owned(),
        };
        Err(DeviceError::Missing { device: self.to_string(), reason: missing })
    }
}

/// A device that was found, or a kind of which none was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
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

/// Every device, and of every kind without one what is missing.
pub fn all() -> Vec<Found> {
    let mut all = vec![cpu()];
    let (gpus, driver) = (nvidia_gpus(), nvidia_driver());
    for (index, name) in gpus.iter().enumerate() {
        all.push(Found {
            device: format!("cuda:{index}"),
            kind: "NVIDIA GPU",
            name: name.clone(),
            memory_bytes: None,
            driver: driver.clone(),
            features: Vec::new(),
            usable: false,
            missing: Some(NO_BACKEND.into()),
        });
    }
    if gpus.is_empty() {
        all.push(none("cuda", "NVIDIA GPU", driver, format!("{}; besides, {NO_BACKEND}", nvidia_missing())));
    }
    let cards = graphics_cards();
    for (index, driver) in cards.iter().enumerate() {
        all.push(none(&format!("wgpu:{index}"), "GPU", Some(driver.clone()), NO_BACKEND.into()));
    }
    if cards.is_empty() {
        all.push(none("wgpu", "GPU", None, format!("the system shows no graphics card; besides, {NO_BACKEND}")));
    }
    all
}

fn none(device: &str, kind: &'static str, driver: Option<String>, missing: String) -> Found {
    let (name, features) = Default::default();
    Found {
        device: device.into(),
        kind,
        name,
        memory_bytes: None,
        driver,
        features,
        usable: false,
        missing: Some(missing),
    }
}

fn cpu() -> Found {
    let wanted =
        RefreshKind::nothing().with_memory(MemoryRefreshKind::everything()).with_cpu(CpuRefreshKind::nothing());
    // A system that does not tell is no reason to tell nothing else.
    let system = System::new_with_specifics(wanted).ok();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut features = vec![format!("{cores} {}", if cores == 1 { "core" } else { "cores" })];
    features.extend(instructions().into_iter().map(ToOwned::to_owned));
    Found {
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

/// The names of the GPUs that NVIDIA's driver tells of, in its order.
fn nvidia_gpus() -> Vec<String> {
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
        for device in [Device::Auto, Device::Cpu, Device::Cuda(1), Device::Wgpu(0)] {
            assert_eq!(device.to_string().parse(), Ok(device));
        }
        assert_eq!("cuda".parse(), Ok(Device::Cuda(0)));
        for wrong in ["", "gpu", "cuda:", "cuda:x", "wgpu-1", "CPU"] {
            assert!(wrong.parse::<Device>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_the_cpu_can_be_used_and_the_others_say_why_not() {
        assert_eq!((Device::Auto.check(), Device::Cpu.check()), (Ok(()), Ok(())));
        for device in [Device::Cuda(0), Device::Wgpu(3)] {
            let error = device.check().unwrap_err().to_string();
            assert!(error.contains(&device.to_string()) && error.contains("--device cpu"), "{error}");
        }
        let found = all();
        assert!(found[0].usable && found[0].device == "cpu" && found[0].memory_bytes > Some(0));
        assert!(found.len() >= 3 && found[1..].iter().all(|it| !it.usable && it.missing.is_some()));
    }
}
