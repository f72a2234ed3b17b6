//! Devices, and what is told where one cannot be used.

use networks::{Approximator, Network};
use std::fmt;

/// Where networks can compute beside [`networks::Network`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Device {
    /// burn's tensors on the CPU.
    BurnCpu,
    /// An NVIDIA GPU by its index.
    Cuda(u32),
    /// Any GPU by its index, through Vulkan or Metal.
    Wgpu(u32),
}

impl Device {
    /// The feature of this crate that builds its backend.
    pub const fn feature(self) -> &'static str {
        match self {
            Self::BurnCpu => "burn-cpu",
            Self::Cuda(_) => "cuda",
            Self::Wgpu(_) => "wgpu",
        }
    }

    /// Whether its backend was built.
    pub const fn is_built(self) -> bool {
        match self {
            Self::BurnCpu => cfg!(feature = "burn-cpu"),
            Self::Cuda(_) => cfg!(feature = "cuda"),
            Self::Wgpu(_) => cfg!(feature = "wgpu"),
        }
    }
}

impl fmt::Display for Device {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BurnCpu => formatter.write_str("burn-cpu"),
            Self::Cuda(index) => write!(formatter, "cuda:{index}"),
            Self::Wgpu(index) => write!(formatter, "wgpu:{index}"),
        }
    }
}

/// Why a device cannot be used, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceFault {
    /// This program was built without its backend.
    #[error("this program was built without it; a build with `--features {feature}` has it")]
    NotBuilt {
        /// The feature that it needs.
        feature: &'static str,
    },
    /// No device of this index.
    #[error("there are {count} of its kind here, counted from 0")]
    NoSuch {
        /// How many there are.
        count: usize,
    },
    /// It was found, or not, and does not compute.
    #[error("{reason}. {way_out}")]
    Failed {
        /// What it said.
        reason: String,
        /// What helps.
        way_out: &'static str,
    },
}

impl DeviceFault {
    /// What a device said when it failed, with what helps.
    pub fn explained(said: &str) -> Self {
        // Backends say much behind the first lines: where it happened, and the program that did not compile.
        let lines: Vec<_> = said.lines().map(str::trim).filter(|it| !it.is_empty()).take(3).collect();
        let reason = lines.join(" ").trim_end_matches('.').chars().take(300).collect();
        Self::Failed { reason, way_out: way_out(said) }
    }
}

fn way_out(said: &str) -> &'static str {
    let said = said.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|it| said.contains(it));
    if says(&["out of memory", "out_of_memory", "outofmemory", "can't allocate", "buffer size", "memory allocation"]) {
        return "It ran out of memory: fewer copies, more minibatches (smaller ones) or smaller layers take less; another \
                program on the device takes memory, too";
    }
    if says(&["nvrtc"]) {
        return "NVRTC, which compiles for the GPU, is not here or does not fit the driver: install CUDA's nvrtc of the \
                driver's version or older, and let LD_LIBRARY_PATH name the folder of libnvrtc.so";
    }
    if says(&["cuda installation not found", "cuda_path", "cuda_fp16", "include-path"]) {
        return "CUDA's header files are not found: install the CUDA toolkit, or its runtime's headers, and let CUDA_PATH \
                name the folder with include/cuda_fp16.h";
    }
    if says(&["insufficient driver", "insufficient_driver", "unsupported ptx", "unsupported_ptx", "version mismatch"]) {
        return "The driver is older than what this was built for: update it, or build with an older CUDARC_CUDA_VERSION";
    }
    if says(&["libcuda", "\"cuda\"", "no_device", "no cuda"]) {
        return "NVIDIA's driver is not here or shows no GPU: install it, with libcuda.so.1; in a container, run it with \
                GPUs (--gpus all)";
    }
    if says(&["adapter", "vulkan"]) {
        return "No graphics driver answers: install Vulkan's loader and the card's driver (on Debian libvulkan1 and \
                mesa-vulkan-drivers)";
    }
    "`terrarium devices` tells what is here, and --device cpu trains without it"
}

/// A device that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundDevice {
    /// The device.
    pub device: Device,
    /// Its name, where it tells.
    pub name: Option<String>,
    /// Its driver and the driver's version, where it tells.
    pub driver: Option<String>,
    /// Whether it is a program on the CPU that stands in for a GPU.
    pub is_software: bool,
}

/// Code that works with the networks of any device: which type they have is chosen here, once.
pub trait DeviceVisitor {
    /// What it makes.
    type Output;

    /// Gets what puts a network on the device.
    fn visit<N: Approximator>(self, place: impl Fn(Network) -> N + Clone + Send + Sync + 'static) -> Self::Output;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_devices_say_is_explained() {
        let help = |said: &str| DeviceFault::explained(said).to_string();
        assert!(help("called `Result::unwrap()`: DriverError(CUDA_ERROR_OUT_OF_MEMORY)").contains("fewer copies"));
        assert!(help("Unable to dynamically load the \"nvrtc\" shared library").contains("LD_LIBRARY_PATH"));
        assert!(help("Unable to dynamically load the \"cuda\" shared library").contains("libcuda.so.1"));
        assert!(help("CUDA installation not found.\nPlease ensure").contains("CUDA_PATH"));
        assert!(help("DriverError(CUDA_ERROR_UNSUPPORTED_PTX_VERSION)").contains("older"));
        assert!(help("No possible adapter available for backend").contains("libvulkan1"));
        assert!(help("Something else.").ends_with("--device cpu trains without it"));
        let long = help(&"word ".repeat(1000));
        assert!(long.len() < 500, "{long}");
    }
}
