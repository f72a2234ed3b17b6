//! A training in Python, published as a run.

use crate::spec::refused;
use numpy::PyReadonlyArray3;
use pyo3::exceptions::{PyRuntimeError, PyUserWarning, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use shared::RunId;
use shared::event::{EndReason, LogEvent, StateEvent};
use shared::statistic::Statistic;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;
use trainer::address::RelayUri;
use trainer::connection::{Destination, Inbound, Publisher, RelayState};
use trainer::external::{EndedEpisode, External, ExternalOpening, LoggedPicture, PictureContent};
use trainer::machine_name::machine_name;
use trainer::outbox::{Outbox, WAITING_BYTES};
use trainer::publication::Request;
use trainer::spill::Spill;
use trainer::tls::Trust;
use trainer::{journal, undelivered};

fn line(
    relay: &str,
    token: Option<String>,
    certificates: Option<PathBuf>,
    only_if_free: bool,
) -> PyResult<Destination> {
    let address: RelayUri = relay.parse().map_err(refused)?;
    let trust = Trust::new(&address, certificates.as_deref()).map_err(refused)?;
    Ok(Destination { address, trust, token, only_if_free, trainer: machine_name() })
}

fn outbox() -> Outbox {
    Outbox::new(WAITING_BYTES, Spill::new(std::env::temp_dir()))
}

/// A training on its way to a relay and into a journal.
#[pyclass(name = "Stream", module = "terrarium._native")]
pub(crate) struct PythonStream {
    external: Option<External>,
    /// Requests to save that Python knows by number.
    saves: Mutex<(u64, BTreeMap<u64, Request>)>,
}

impl PythonStream {
    fn external(&self) -> PyResult<&External> {
        self.external.as_ref().ok_or_else(|| PyRuntimeError::new_err("this run has finished"))
    }
}

#[pymethods]
impl PythonStream {
    #[new]
    #[pyo3(signature = (run, started, folder, relay=None, token=None, certificates=None))]
    fn new(
        run: String,
        started: &str,
        folder: PathBuf,
        relay: Option<&str>,
        token: Option<String>,
        certificates: Option<PathBuf>,
    ) -> PyResult<Self> {
        let run = RunId::new(run).map_err(refused)?;
        let started: LogEvent = serde_json::from_str(started).map_err(refused)?;
        let line = relay.map(|relay| line(relay, token, certificates, false)).transpose()?;
        let opening = ExternalOpening { run, started, line, folder, outbox: outbox() };
        Ok(Self { external: Some(External::begin(opening).map_err(refused)?), saves: Mutex::default() })
    }

    /// Values of metrics at a step.
    fn metrics(&self, step: u64, values: &Bound<'_, PyDict>) -> PyResult<()> {
        let values = values.iter().map(|(name, value)| Ok((name.extract()?, value.extract()?)));
        self.external()?.metrics(step, values.collect::<PyResult<_>>()?);
        Ok(())
    }

    /// What many values of a metric come to: count, mean, squared distances from it, extremes.
    fn summary(&self, step: u64, name: String, numbers: (u64, f64, f64, f64, f64)) -> PyResult<()> {
        let (count, mean, m2, min, max) = numbers;
        let statistic = Statistic { count, mean, m2, min, max, last: mean, not_finite: 0 };
        self.external()?.summary(step, name, mean, statistic);
        Ok(())
    }

    /// So many steps have been made.
    fn reach(&self, step: u64) -> PyResult<()> {
        self.external()?.reach(step);
        Ok(())
    }

    /// An episode that ended; `outcome` is an index into the environment's, or one beyond them.
    fn episode(&self, step: u64, episodic_return: f64, length: u64, outcome: u8) -> PyResult<()> {
        self.external()?.episode(EndedEpisode { step, episodic_return, length, outcome });
        Ok(())
    }

    /// Any event of the log, as JSON.
    fn log(&self, event: &str) -> PyResult<()> {
        self.external()?.log(vec![serde_json::from_str(event).map_err(refused)?]);
        Ok(())
    }

    /// Any state event, as JSON.
    fn state(&self, event: &str) -> PyResult<()> {
        let event: StateEvent = serde_json::from_str(event).map_err(refused)?;
        self.external()?.state(event);
        Ok(())
    }

    /// A picture of red, green and blue, ``[height][width][3]``, at a step; the newest counts.
    #[pyo3(signature = (name, step, pixels, caption=None))]
    fn picture(
        &self,
        name: String,
        step: u64,
        pixels: PyReadonlyArray3<'_, u8>,
        caption: Option<String>,
    ) -> PyResult<()> {
        let (height, width, colours) = pixels.as_array().dim();
        if colours != 3 {
            return Err(PyValueError::new_err(format!(
                "pixels are [height, width, 3], not [{height}, {width}, {colours}]"
            )));
        }
        let side = |it: usize| u32::try_from(it).map_err(refused);
        let content = PictureContent::Pixels {
            width: side(width)?,
            height: side(height)?,
            colours: pixels.as_array().iter().copied().collect(),
        };
        self.external()?.picture(LoggedPicture { name, caption, step, content });
        Ok(())
    }

    /// A picture that is a JPEG, PNG or WebP file, at a step; the newest counts.
    #[pyo3(signature = (name, step, file, caption=None))]
    fn picture_file(&self, name: String, step: u64, file: &[u8], caption: Option<String>) -> PyResult<()> {
        self.external()?.picture(LoggedPicture { name, caption, step, content: PictureContent::File(file.into()) });
        Ok(())
    }

    /// From now on commands of viewers are taken.
    fn listen(&self) -> PyResult<()> {
        self.external()?.control().listen();
        Ok(())
    }

    /// Whether the training is to hold, and whether it is to end.
    fn asked(&self) -> PyResult<(bool, bool)> {
        let control = self.external()?.control();
        Ok((control.paused(), control.stopped()))
    }

    /// Waits while the training is to hold, at most so long; gives whether it still is to hold.
    fn wait_while_paused(&self, py: Python<'_>, seconds: f64) -> PyResult<bool> {
        let external = self.external()?;
        let most = Duration::try_from_secs_f64(seconds).map_err(refused)?;
        Ok(py.detach(|| external.control().wait_while_paused(most)))
    }

    /// The number of a request to save that is not answered yet.
    fn save(&self) -> PyResult<Option<u64>> {
        let Some(request) = self.external()?.control().save() else { return Ok(None) };
        let mut saves = self.saves.lock().unwrap_or_else(PoisonError::into_inner);
        saves.0 += 1;
        let number = saves.0;
        saves.1.insert(number, request);
        Ok(Some(number))
    }

    /// Answers a request to save, with what went wrong if anything did.
    #[pyo3(signature = (number, fault=None))]
    fn saved(&self, number: u64, fault: Option<String>) -> PyResult<()> {
        let request = self.saves.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&number);
        if let Some(request) = request {
            self.external()?.saved(request, fault.map_or(Ok(()), Err));
        }
        Ok(())
    }

    /// Whether the relay cannot be reached, or does not want this run, once that is known; asked for at most so long.
    fn is_away(&self, py: Python<'_>, seconds: f64) -> PyResult<bool> {
        let external = self.external()?;
        let most = Duration::try_from_secs_f64(seconds).map_err(refused)?;
        let state = py.detach(|| external.control().wait_for_relay(most));
        Ok(matches!(state, RelayState::Away(_) | RelayState::GivenUp(_)))
    }

    /// How it stands with the relay, in words.
    fn relay(&self) -> PyResult<String> {
        Ok(self.external()?.control().relay().to_string())
    }

    /// What there is to say to the person at the terminal since the last call.
    fn notices(&self) -> PyResult<Vec<String>> {
        Ok(self.external()?.control().notices())
    }

    /// Ends the run, giving the relay so many seconds to store everything; gives the file with what it has not stored, and
    /// what went wrong with files.
    fn finish(&mut self, py: Python<'_>, reason: &str, seconds: f64) -> PyResult<(Option<PathBuf>, Option<String>)> {
        let reason = match reason {
            "completed" => EndReason::Completed,
            "stopped" => EndReason::Stopped,
            "failed" => EndReason::Failed,
            other => {
                return Err(PyValueError::new_err(format!("a reason is completed, stopped or failed, not {other}")));
            }
        };
        let patience = Duration::try_from_secs_f64(seconds).map_err(refused)?;
        let Some(external) = self.external.take() else { return Ok((None, None)) };
        let ending = py.detach(|| external.finish(reason, patience));
        Ok((ending.kept, ending.fault))
    }
}

/// Sends a file that a run left behind to a relay, and removes it once everything is there, unless it is damaged; gives the run's name and how
/// many log events there were.
#[pyfunction]
#[pyo3(signature = (file, relay, token=None, certificates=None, seconds=10.0))]
pub(crate) fn sync(
    py: Python<'_>,
    file: PathBuf,
    relay: &str,
    token: Option<String>,
    certificates: Option<PathBuf>,
    seconds: f64,
) -> PyResult<(String, u64)> {
    let (publication, lost) = if journal::is_journal(&file) {
        journal::read(&file, outbox()).map_err(refused)?
    } else {
        (undelivered::read(&file, outbox()).map_err(refused)?, None)
    };
    if let Some(words) = &lost {
        PyErr::warn(py, &py.get_type::<PyUserWarning>(), &CString::new(words.as_str())?, 1)?;
    }
    let (run, all) = (publication.run().to_string(), publication.outbox().unstored());
    let patience = Duration::try_from_secs_f64(seconds).map_err(refused)?;
    let (sender, inbound) = mpsc::channel();
    let publisher = Publisher::start(line(relay, token, certificates, true)?, publication, sender)?;
    publisher.finish(patience);
    let last = py.detach(move || {
        let mut last = RelayState::Connecting;
        while let Ok(heard) = inbound.recv() {
            match heard {
                Inbound::Relay(state) => last = state,
                Inbound::Over => break,
                _ => {}
            }
        }
        last
    });
    match publisher.update(|it| it.outbox().unstored()) {
        0 => {
            // What is damaged stays, for whoever can read more of it.
            if lost.is_none() {
                std::fs::remove_file(&file)?;
            }
            Ok((run, all))
        }
        unstored => Err(PyRuntimeError::new_err(format!(
            "{unstored} of {all} log events of run {run} are not at {relay} ({last}); they stay in {}",
            file.display()
        ))),
    }
}
