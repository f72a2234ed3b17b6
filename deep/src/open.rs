//! The backends that were built: finding their devices, and trying them.

use crate::device::{Device, DeviceFault, DeviceVisitor, FoundDevice};
use crate::network::DeviceNetwork;
use burn_tensor::backend::Backend;
use burn_tensor::{Tensor, TensorData};
use std::panic::{self, AssertUnwindSafe};

pub(crate) fn found() -> Vec<FoundDevice> {
    let burn = FoundDevice { device: Device::BurnCpu, name: None, driver: None, is_software: true };
    let found = burn.device.is_built().then_some(burn).into_iter();
    #[cfg(feature = "cuda")]
    let found = found.chain((0..cuda_count()).map(|index| FoundDevice {
        device: Device::Cuda(index),
        name: None,
        driver: None,
        is_software: false,
    }));
    #[cfg(feature = "wgpu")]
    let found = found.chain(adapters::all().into_iter().map(|(found, _)| found));
    found.collect()
}

pub(crate) fn visit<V: DeviceVisitor>(device: Device, visitor: V) -> Result<V::Output, DeviceFault> {
    match device {
        #[cfg(feature = "burn-cpu")]
        Device::BurnCpu => on::<burn_flex::Flex, V>(burn_flex::FlexDevice, visitor),
        #[cfg(feature = "cuda")]
        Device::Cuda(index) => {
            let count = cuda_count();
            if count > 0 && index >= count {
                return Err(DeviceFault::NoSuch { count: count as usize });
            }
            on::<burn_cuda::Cuda, V>(burn_cuda::CudaDevice::new(index as usize), visitor)
        }
        #[cfg(feature = "wgpu")]
        Device::Wgpu(index) => {
            let mut adapters = adapters::all();
            match index as usize {
                _ if adapters.is_empty() => Err(DeviceFault::explained("no adapter was found")),
                index if index < adapters.len() => on::<burn_wgpu::Wgpu, V>(adapters.swap_remove(index).1, visitor),
                _ => Err(DeviceFault::NoSuch { count: adapters.len() }),
            }
        }
        #[cfg(not(all(feature = "burn-cpu", feature = "cuda", feature = "wgpu")))]
        _ => Err(DeviceFault::NotBuilt { feature: device.feature() }),
    }
}

/// Shows a device of a backend.
fn on<B: Backend, V: DeviceVisitor>(device: B::Device, visitor: V) -> Result<V::Output, DeviceFault> {
    quietly(|| probe::<B>(&device))??;
    Ok(visitor.visit(move |network| DeviceNetwork::<B>::new(network, device.clone())))
}

/// Lets a device compute a product, for which it needs everything that a network does.
fn probe<B: Backend>(device: &B::Device) -> Result<(), DeviceFault> {
    let matrix = Tensor::<B, 2>::from_data(TensorData::new(vec![1.0_f32, 2.0, 3.0, 4.0], [2, 2]), device);
    let product =
        matrix.clone().matmul(matrix).try_into_data().map_err(|it| DeviceFault::explained(&it.to_string()))?;
    match product.to_vec::<f32>() {
        Ok(values) if values == [7.0, 10.0, 15.0, 22.0] => Ok(()),
        other => Err(DeviceFault::explained(&format!("a product of two matrices came out as {other:?}"))),
    }
}

/// Backends panic where a driver is missing or memory ends: that is told as an error, and not printed beside it.
fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, DeviceFault> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(hook);
    outcome.map_err(|said| {
        let words = said.downcast_ref::<String>().map(String::as_str).or_else(|| said.downcast_ref::<&str>().copied());
        DeviceFault::explained(words.unwrap_or("the device gave up without a word"))
    })
}

/// How many GPUs NVIDIA's driver shows; none where it is not there.
#[cfg(feature = "cuda")]
fn cuda_count() -> u32 {
    quietly(|| burn_cuda::Cuda::<f32, i32>::device_count(0)).unwrap_or(0) as u32
}

/// The adapters that wgpu finds.
#[cfg(feature = "wgpu")]
mod adapters {
    use super::{Device, FoundDevice, quietly};
    use burn_wgpu::WgpuDevice;
    use burn_wgpu::graphics::{AutoGraphicsApi, GraphicsApi as _};
    use wgpu::{DeviceType, Instance, InstanceDescriptor};

    /// Every one, with the name that burn has for it: its kind, and its place among those of the kind.
    pub(super) fn all() -> Vec<(FoundDevice, WgpuDevice)> {
        let found = quietly(|| {
            let backends = AutoGraphicsApi::backend().into();
            let instance =
                Instance::new(InstanceDescriptor { backends, ..InstanceDescriptor::new_without_display_handle() });
            burn_tensor::read_sync(instance.enumerate_adapters(backends))
        });
        let (mut discrete, mut integrated, mut virtual_ones) = (0.., 0.., 0..);
        let mut named = |kind| {
            Some(match kind {
                DeviceType::DiscreteGpu => WgpuDevice::DiscreteGpu(discrete.next()?),
                DeviceType::IntegratedGpu => WgpuDevice::IntegratedGpu(integrated.next()?),
                DeviceType::VirtualGpu => WgpuDevice::VirtualGpu(virtual_ones.next()?),
                DeviceType::Cpu => WgpuDevice::Cpu,
                DeviceType::Other => WgpuDevice::DefaultDevice,
            })
        };
        let mut all = Vec::new();
        for adapter in found.unwrap_or_default() {
            let info = adapter.get_info();
            let Some(device) = named(info.device_type) else { continue };
            let driver = [info.driver, info.driver_info].join(" ").trim().to_owned();
            let found = FoundDevice {
                device: Device::Wgpu(all.len() as u32),
                name: Some(info.name).filter(|it| !it.is_empty()),
                driver: Some(driver).filter(|it| !it.is_empty()),
                is_software: info.device_type == DeviceType::Cpu,
            };
            all.push((found, device));
        }
        all
    }
}
