//! Copies of an environment, as Gymnasium's `VectorEnv` and Stable-Baselines3's `VecEnv` drive them.

use crate::copies::{AnyCopies, Autoreset, ObservationRows, Seeds, StepRows, clip};
use crate::picture::pixels;
use crate::spec::{self, refused};
use environments::vector::BatchActions;
use numpy::{PyArray3, PyReadonlyArray1, PyReadonlyArray2, PyReadwriteArray1, PyReadwriteArray2};
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use shared::action::ActionSpace;
use shared::quantity::Seed;
use std::sync::{Mutex, PoisonError};

/// Copies of an environment.
#[pyclass(name = "Vector", module = "terrarium._native")]
pub(crate) struct PythonVector {
    // Never contended: Python asks for classes that several threads may hold.
    copies: Mutex<Box<dyn AnyCopies>>,
    count: usize,
    space: ActionSpace,
    /// Features of an observation; none where the number of the state is observed.
    width: Option<usize>,
    strict: bool,
    mode: Autoreset,
    /// Room for the actions of a step.
    actions: Vec<u16>,
    boxes: Vec<f32>,
}

impl PythonVector {
    pub(crate) fn new(
        copies: Box<dyn AnyCopies>,
        count: usize,
        space: ActionSpace,
        width: Option<usize>,
        strict: bool,
        autoreset: &str,
    ) -> PyResult<Self> {
        let mode = match autoreset {
            "next_step" => Autoreset::NextStep,
            "same_step" => Autoreset::SameStep,
            "disabled" => Autoreset::Disabled,
            other => {
                let words = format!("autoreset_mode is next_step, same_step or disabled, not {other}");
                return Err(PyValueError::new_err(words));
            }
        };
        if count == 0 {
            return Err(PyValueError::new_err("num_envs must be at least 1"));
        }
        Ok(Self {
            copies: Mutex::new(copies),
            count,
            space,
            width,
            strict,
            mode,
            actions: vec![0; count],
            boxes: Vec::new(),
        })
    }

    fn all(&mut self) -> &mut dyn AnyCopies {
        self.copies.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut()
    }

    fn check_copy(&self, copy: usize) -> PyResult<()> {
        if copy < self.count {
            return Ok(());
        }
        Err(PyIndexError::new_err(format!("there is no copy {copy}; there are {}, numbered from 0", self.count)))
    }
}

/// An array that observations are written into: numbers of states `[copies]`, or features `[copies, features]`.
#[derive(FromPyObject)]
enum ObservationArray<'py> {
    States(PyReadwriteArray1<'py, i64>),
    Features(PyReadwriteArray2<'py, f32>),
}

impl ObservationArray<'_> {
    fn observed(&mut self, count: usize, width: Option<usize>) -> PyResult<ObservationRows<'_>> {
        match (self, width) {
            (Self::States(states), None) => Ok(ObservationRows::States(exact(states.as_slice_mut()?, count)?)),
            (Self::Features(features), Some(width)) => {
                Ok(ObservationRows::Features(exact(features.as_slice_mut()?, count * width)?, width))
            }
            (Self::States(_), Some(_)) => Err(PyValueError::new_err("observations are features, not states")),
            (Self::Features(_), None) => Err(PyValueError::new_err("observations are states, not features")),
        }
    }
}

/// A buffer of the right length.
fn exact<T>(buffer: &mut [T], expected: usize) -> PyResult<&mut [T]> {
    if buffer.len() == expected {
        return Ok(buffer);
    }
    Err(PyValueError::new_err(format!("a buffer has {} entries, not {expected}", buffer.len())))
}

/// One action a copy: numbers, or boxes.
#[derive(FromPyObject)]
enum GivenActions<'py> {
    Discrete(PyReadonlyArray1<'py, i64>),
    Box(PyReadonlyArray2<'py, f32>),
}

/// Where the results of a step go: rewards, terminated, truncated, legal actions and outcomes.
type StepResults<'py> = (
    PyReadwriteArray1<'py, f64>,
    PyReadwriteArray1<'py, bool>,
    PyReadwriteArray1<'py, bool>,
    PyReadwriteArray2<'py, bool>,
    PyReadwriteArray1<'py, u8>,
);

#[pymethods]
impl PythonVector {
    /// Begins the first episode of every copy: with a number as in a run of that seed, with a list each copy with its own.
    #[pyo3(signature = (run=None, each=None))]
    fn seed(&mut self, run: Option<u64>, each: Option<Vec<u64>>) -> PyResult<()> {
        let seeds = match (run, each) {
            (Some(run), None) => Seeds::Run(spec::seed(run)?),
            (None, Some(each)) if each.len() == self.count => {
                Seeds::Each(each.into_iter().map(spec::seed).collect::<PyResult<_>>()?)
            }
            (None, Some(each)) => {
                let words = format!("{} seeds for {} copies; give one a copy", each.len(), self.count);
                return Err(PyValueError::new_err(words));
            }
            _ => return Err(PyValueError::new_err("give one seed, or a list of seeds")),
        };
        self.all().seed(seeds);
        Ok(())
    }

    /// Begins the next episode of the copies whose flag is set.
    fn begin_next(&mut self, which: PyReadonlyArray1<'_, bool>) -> PyResult<()> {
        let which = which.as_slice()?;
        if which.len() != self.count {
            let words = format!("{} flags for {} copies; give one a copy", which.len(), self.count);
            return Err(PyValueError::new_err(words));
        }
        self.all().begin_next(which);
        Ok(())
    }

    /// Writes what is observed and legal now.
    fn look(&mut self, mut observations: ObservationArray<'_>, mut legal: PyReadwriteArray2<'_, bool>) -> PyResult<()> {
        let (count, width) = (self.count, self.width);
        let legal = exact(legal.as_slice_mut()?, count * usize::from(self.space.count()))?;
        self.all().look(observations.observed(count, width)?, legal);
        Ok(())
    }

    /// Steps every copy and writes what comes of it; gives how many episodes have ended. Other Python threads run
    /// meanwhile.
    fn step(
        &mut self,
        py: Python<'_>,
        actions: GivenActions<'_>,
        mut observations: ObservationArray<'_>,
        mut last: ObservationArray<'_>,
        results: StepResults<'_>,
    ) -> PyResult<usize> {
        let (count, width, strict, mode) = (self.count, self.width, self.strict, self.mode);
        let (mut rewards, mut terminated, mut truncated, mut legal, mut outcomes) = results;
        let mut rows = StepRows {
            observed: observations.observed(count, width)?,
            last: last.observed(count, width)?,
            rewards: exact(rewards.as_slice_mut()?, count)?,
            terminated: exact(terminated.as_slice_mut()?, count)?,
            truncated: exact(truncated.as_slice_mut()?, count)?,
            legal: exact(legal.as_slice_mut()?, count * usize::from(self.space.count()))?,
            outcomes: exact(outcomes.as_slice_mut()?, count)?,
        };
        let most = i64::from(self.space.count());
        let Self { copies, actions: room, boxes, space, .. } = self;
        let batch = match &actions {
            GivenActions::Discrete(given) => {
                let given = given.as_slice()?;
                if given.len() != count || most == 0 {
                    let words = format!("{} discrete actions for {count} copies that take {space} each", given.len());
                    return Err(PyValueError::new_err(words));
                }
                for (copy, (action, into)) in given.iter().zip(room.iter_mut()).enumerate() {
                    if !(0..most).contains(action) {
                        let words = format!("copy {copy}: an action is from 0 to {}, not {action}", most - 1);
                        return Err(PyValueError::new_err(words));
                    }
                    *into = *action as u16;
                }
                BatchActions::Discrete(room)
            }
            GivenActions::Box(given) => {
                let given = given.as_slice()?;
                if given.len() != count * space.entries() || most > 0 {
                    let words = format!("{} numbers for {count} copies that take {space} each", given.len());
                    return Err(PyValueError::new_err(words));
                }
                match space {
                    ActionSpace::Box(bounds) if !strict => {
                        boxes.clear();
                        boxes.extend_from_slice(given);
                        clip(boxes, bounds);
                        BatchActions::Box(boxes)
                    }
                    _ => BatchActions::Box(given),
                }
            }
        };
        let copies = copies.get_mut().unwrap_or_else(PoisonError::into_inner);
        py.detach(|| copies.step(batch, mode, strict, &mut rows)).map_err(refused)
    }

    /// The seed of the episode that each copy is in.
    fn seeds(&mut self) -> Vec<u64> {
        (0..self.count).map(|copy| Seed::get(self.all().episode_seed(copy))).collect()
    }

    /// The state of a copy, in words.
    fn text(&mut self, copy: usize) -> PyResult<String> {
        self.check_copy(copy)?;
        Ok(self.all().text(copy))
    }

    /// The picture of a copy: `[height, width, 3]`.
    fn picture<'py>(&mut self, py: Python<'py>, copy: usize, longer_side: u32) -> PyResult<Bound<'py, PyArray3<u8>>> {
        self.check_copy(copy)?;
        let scene = self.all().draw(copy);
        pixels(py, &scene, longer_side)
    }
}
