//! What a GPU of NVIDIA's is busy with, as its driver's program tells: `nvidia-smi`, asked now and then by a thread of its own, so that
//! no run waits for it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The program of NVIDIA's driver.
const PROGRAM: &str = "nvidia-smi";
/// Time between two questions.
const EVERY: Duration = Duration::from_secs(4);
/// Names the GPUs that CUDA sees, in its order, where somebody set it.
const VISIBLE: &str = "CUDA_VISIBLE_DEVICES";

/// How a GPU stands; nothing where the driver does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct GpuUse {
    /// Share of the time in which it computed, in percent, all processes together.
    pub(super) percent: Option<f64>,
    /// Memory in use, in MiB, all processes together.
    pub(super) mebibytes: Option<f64>,
}

/// Asks for a GPU until it is dropped.
#[derive(Debug)]
pub(super) struct GpuWatch {
    newest: Arc<Mutex<GpuUse>>,
    /// Dropping it ends the thread.
    _asked: Sender<()>,
}

impl GpuWatch {
    /// Watches CUDA's GPU of this index. Where there is no such program, or no thread for it, nothing is ever told.
    pub(super) fn begin(index: u32) -> Self {
        Self::asking(PROGRAM.into(), id(index, std::env::var(VISIBLE).ok().as_deref()), EVERY)
    }

    fn asking(program: PathBuf, id: String, every: Duration) -> Self {
        let newest = Arc::new(Mutex::new(GpuUse::default()));
        let (sender, asked) = mpsc::channel();
        let into = Arc::clone(&newest);
        let watch = move || {
            while let Some(answer) = ask(&program, &id) {
                *into.lock().unwrap_or_else(PoisonError::into_inner) = answer;
                if asked.recv_timeout(every) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
            // An answer of before says nothing of now.
            *into.lock().unwrap_or_else(PoisonError::into_inner) = GpuUse::default();
        };
        // A run does without these figures.
        std::thread::Builder::new().name("gpu".into()).spawn(watch).ok();
        Self { newest, _asked: sender }
    }

    /// The newest answer.
    pub(super) fn newest(&self) -> GpuUse {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As the driver's program calls CUDA's GPU of an index: `visible` are the GPUs that CUDA sees, if that was set.
fn id(index: u32, visible: Option<&str>) -> String {
    let named = visible.and_then(|it| it.split(',').nth(index as usize)).map(str::trim).filter(|it| !it.is_empty());
    named.map_or_else(|| index.to_string(), ToOwned::to_owned)
}

/// Asks once; none where the program is not there or refuses.
fn ask(program: &Path, id: &str) -> Option<GpuUse> {
    let mut command = Command::new(program);
    command.args(["--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits", "--id", id]);
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| read(&String::from_utf8_lossy(&output.stdout)))
}

/// Reads `37, 1024`; a part that is no number, such as `[N/A]`, is not told.
fn read(answer: &str) -> GpuUse {
    let mut parts = answer.lines().next().unwrap_or_default().split(',').map(|it| it.trim().parse::<f64>().ok());
    let mut next = || parts.next().flatten().filter(|it| it.is_finite() && *it >= 0.0);
    GpuUse { percent: next(), mebibytes: next() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_and_what_is_not_told_is_left_out() {
        let of = |percent, mebibytes| GpuUse { percent, mebibytes };
        assert_eq!(read("37, 1024\n"), of(Some(37.0), Some(1024.0)));
        assert_eq!(read("0, 0\n"), of(Some(0.0), Some(0.0)));
        assert_eq!(read("[N/A], 512\n"), of(None, Some(512.0)));
        assert_eq!(read("[Not Supported], [Not Supported]"), of(None, None));
        assert_eq!(read("5"), of(Some(5.0), None));
        for nothing in ["", "\n", "No devices were found", "nan, inf", "-1, -1"] {
            assert_eq!(read(nothing), GpuUse::default(), "{nothing:?}");
        }
    }

    #[test]
    fn the_gpu_is_the_one_that_cuda_sees() {
        assert_eq!((id(0, None), id(3, Some(""))), ("0".into(), "3".into()));
        assert_eq!((id(1, Some("2, 5")), id(0, Some("GPU-8f6d"))), ("5".into(), "GPU-8f6d".into()));
    }

    #[test]
    fn a_program_that_is_not_there_is_silence() {
        let program = Path::new("no-such-program-of-any-driver");
        assert_eq!(ask(program, "0"), None);
        assert_eq!(GpuWatch::asking(program.into(), "0".into(), EVERY).newest(), GpuUse::default());
    }

    #[cfg(unix)]
    #[test]
    fn a_driver_that_no_longer_answers_leaves_no_stale_figure() {
        let folder = tempfile::tempdir().unwrap();
        let (program, gone) = (folder.path().join("driver"), folder.path().join("gone"));
        let script = format!("#!/bin/sh\n[ -e '{}' ] && exit 9\necho '37, 1024'\n", gone.display());
        // A shell writes it: a file that this process had open for writing could not be started while another test starts a program.
        let write = "printf %s \"$1\" > \"$0\" && chmod 700 \"$0\"";
        assert!(Command::new("sh").args(["-c", write]).arg(&program).arg(script).status().unwrap().success());
        let watch = GpuWatch::asking(program, "0".into(), Duration::from_millis(1));
        let until = |wanted| {
            while watch.newest() != wanted {
                std::thread::yield_now();
            }
        };
        until(GpuUse { percent: Some(37.0), mebibytes: Some(1024.0) });
        std::fs::write(gone, "").unwrap();
        until(GpuUse::default());
    }
}
