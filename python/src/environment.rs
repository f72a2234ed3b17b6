//! One environment, as Gymnasium's `Env` drives it.

use crate::copies::{boxed, clip, nearest_legal};
use crate::model;
use crate::picture::pixels;
use crate::spec::{self, refused};
use crate::vector::PythonVector;
use environments::Environment as _;
use environments::registry::{self, BuiltEnvironment};
use numpy::{AllowTypeChange, PyArray1, PyArray3, PyArrayLike1, PyArrayMethods as _};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use shared::action::{Action, ActionRef, ActionSpace, Actions};
use shared::describe::EnvironmentDescription;
use shared::event::{Frame, StateEvent};
use shared::quantity::Seed;
use shared::spec::EnvironmentSpec;
use std::sync::Mutex;

/// An environment in the middle of an episode, with the actions that led there.
#[pyclass(name = "Environment", module = "terrarium._native")]
pub(crate) struct PythonEnvironment {
    // Never contended: Python asks for classes that several threads may hold.
    inner: Mutex<BuiltEnvironment>,
    spec: EnvironmentSpec,
    description: EnvironmentDescription,
    space: ActionSpace,
    /// Whether the number of the state is observed, in place of the features.
    states: bool,
    strict: bool,
    features: Vec<f32>,
    legal: Vec<bool>,
    seed: Option<Seed>,
    actions: Actions,
    episode_return: f64,
}

/// What a step gives: observation, reward, terminated, truncated and info.
type Stepped<'py> = (Bound<'py, PyAny>, f64, bool, bool, Bound<'py, PyDict>);

impl PythonEnvironment {
    fn any(&mut self) -> &mut BuiltEnvironment {
        self.inner.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn observation<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if self.states {
            return Ok(self.any().state().into_pyobject(py)?.into_any());
        }
        let Self { inner, features, .. } = self;
        inner.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).observe(features);
        Ok(PyArray1::from_slice(py, features).into_any())
    }

    /// Which discrete actions are legal, as Gymnasium's `Discrete.sample` takes it.
    fn info<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let info = PyDict::new(py);
        if self.space.count() > 0 {
            let Self { inner, legal, .. } = self;
            inner.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).legal_flags(legal);
            let mask: Vec<i8> = legal.iter().map(|flag| i8::from(*flag)).collect();
            info.set_item(pyo3::intern!(py, "action_mask"), PyArray1::from_vec(py, mask))?;
        }
        Ok(info)
    }

    /// The action that is meant, and whether it is another than the given one.
    fn action(&mut self, given: &Bound<'_, PyAny>) -> PyResult<(Action, bool)> {
        let count = self.space.count();
        let strict = self.strict;
        if count > 0 {
            let number: i64 = given.extract().map_err(|_| {
                PyTypeError::new_err(format!("an action is a whole number from 0 to {}, not {given}", count - 1))
            })?;
            let action = u16::try_from(number).ok().filter(|it| *it < count).ok_or_else(|| {
                PyValueError::new_err(format!("an action is a whole number from 0 to {}, not {number}", count - 1))
            })?;
            let environment = self.any();
            let legal = environment.is_legal(action);
            if legal || strict || environment.ended() {
                return Ok((Action::Discrete(action), false));
            }
            let taken = nearest_legal(action, count, |action| environment.is_legal(action));
            return Ok((Action::Discrete(taken), true));
        }
        let values: PyArrayLike1<'_, f32, AllowTypeChange> = given.extract().map_err(|_| {
            PyTypeError::new_err(format!("an action is an array of {} numbers, not {given}", self.space.entries()))
        })?;
        let mut values = values.as_array().to_vec();
        let clipped = match &self.space {
            ActionSpace::Box(entries) if !strict => clip(&mut values, entries),
            _ => false,
        };
        Ok((Action::Box(values), clipped))
    }

    /// The actions of the episode so far.
    fn played<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(match &self.actions {
            Actions::Discrete(actions) => PyArray1::from_slice(py, actions).into_any(),
            Actions::Box { entries, values } => {
                PyArray1::from_slice(py, values).reshape([values.len() / entries, *entries])?.into_any()
            }
        })
    }

    fn record(&mut self, action: &Action) {
        match (&mut self.actions, action) {
            (Actions::Discrete(actions), Action::Discrete(action)) => actions.push(*action),
            (Actions::Box { values, .. }, Action::Box(action)) => values.extend_from_slice(action),
            // The environment has refused an action of the other kind.
            _ => {}
        }
    }
}

#[pymethods]
impl PythonEnvironment {
    #[new]
    #[pyo3(signature = (id, preset=None, options=None, states=None, strict=false))]
    fn new(
        py: Python<'_>,
        id: &str,
        preset: Option<&str>,
        options: Option<Bound<'_, PyDict>>,
        states: Option<bool>,
        strict: bool,
    ) -> PyResult<Self> {
        let options = options.unwrap_or_else(|| PyDict::new(py));
        let spec = spec::environment(id, preset, &options)?;
        let environment = registry::build(&spec).map_err(refused)?;
        let description = environment.describe();
        let space = description.action_space();
        // Numbers of bins of real numbers are a way to put them into a table, not what is observed.
        let one_state = description.states == Some(1);
        let counted = environment.model().is_some() || one_state || description.observation.is_empty();
        let states = states.unwrap_or(counted);
        if states && description.states.is_none() {
            return Err(PyValueError::new_err(format!("{id} has no discrete states; observe its features")));
        }
        if !states && description.observation.is_empty() {
            return Err(PyValueError::new_err(format!("{id} has no features; observe its states")));
        }
        Ok(Self {
            inner: Mutex::new(environment),
            spec,
            features: vec![0.0; description.observation.len()],
            legal: vec![false; usize::from(space.count())],
            states,
            strict,
            seed: None,
            actions: no_actions(&space),
            episode_return: 0.0,
            description,
            space,
        })
    }

    /// The spec as JSON.
    fn spec(&self) -> PyResult<String> {
        serde_json::to_string(&self.spec).map_err(refused)
    }

    /// The description as JSON.
    fn description(&self) -> PyResult<String> {
        serde_json::to_string(&self.description).map_err(refused)
    }

    /// Whether the number of the state is observed.
    #[getter]
    const fn observes_states(&self) -> bool {
        self.states
    }

    /// Begins the episode of a seed; gives observation and info.
    fn reset<'py>(&mut self, py: Python<'py>, seed: u64) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyDict>)> {
        let seed = spec::seed(seed)?;
        self.any().reset(seed);
        self.seed = Some(seed);
        self.actions = no_actions(&self.space);
        self.episode_return = 0.0;
        let info = self.info(py)?;
        info.set_item(pyo3::intern!(py, "seed"), seed.get())?;
        Ok((self.observation(py)?, info))
    }

    /// Takes an action.
    fn step<'py>(&mut self, py: Python<'py>, action: &Bound<'py, PyAny>) -> PyResult<Stepped<'py>> {
        if self.seed.is_none() {
            return Err(PyValueError::new_err("reset before the first step"));
        }
        let (action, replaced) = self.action(action)?;
        let step = self.any().step_any(action.as_ref()).map_err(refused)?;
        self.record(&action);
        self.episode_return += step.reward;
        let info = self.info(py)?;
        if replaced {
            let taken = match &action {
                Action::Discrete(action) => action.into_pyobject(py)?.into_any(),
                Action::Box(values) => PyArray1::from_slice(py, values).into_any(),
            };
            info.set_item(pyo3::intern!(py, "action_taken"), taken)?;
        }
        if step.ended() {
            let outcome = usize::from(self.any().outcome());
            info.set_item(pyo3::intern!(py, "outcome"), self.description.outcomes.get(outcome))?;
            let mut counted = vec![0.0; self.description.counters.len()];
            self.any().counters(&mut counted);
            for (name, value) in self.description.counters.iter().zip(counted) {
                info.set_item(name, value)?;
            }
            info.set_item(pyo3::intern!(py, "episode_seed"), self.seed.map(Seed::get))?;
            // Not an array: Gymnasium's vectors want those of all copies to be equally long.
            let actions = self.played(py)?.call_method0(pyo3::intern!(py, "tolist"))?;
            info.set_item(pyo3::intern!(py, "episode_actions"), actions)?;
        }
        Ok((self.observation(py)?, step.reward, step.terminated, step.truncated, info))
    }

    /// Which discrete actions are legal now.
    fn legal<'py>(&mut self, py: Python<'py>) -> Bound<'py, PyArray1<bool>> {
        let mut legal = vec![false; self.legal.len()];
        self.any().legal_flags(&mut legal);
        PyArray1::from_vec(py, legal)
    }

    /// The state now, in words.
    fn text(&mut self) -> String {
        self.any().text()
    }

    /// The number of the state now.
    fn state(&mut self) -> usize {
        self.any().state()
    }

    /// The action that a key means now.
    fn action_of_key(&mut self, key: &str) -> Option<u16> {
        self.any().action_of_key(key)
    }

    /// The picture of the moment, with so many pixels on its longer side: `[height, width, 3]`.
    fn picture<'py>(&mut self, py: Python<'py>, longer_side: u32) -> PyResult<Bound<'py, PyArray3<u8>>> {
        let scene = self.any().draw();
        pixels(py, &scene, longer_side)
    }

    /// The moment as a state event `frame` in JSON, of the episode with this index.
    fn frame(&mut self, episode: u64) -> PyResult<String> {
        let states = self.any().state_count() > 0;
        let last = self.actions.len().checked_sub(1).and_then(|last| self.actions.get(last));
        let (action, box_action) = match last.map(ActionRef::to_action) {
            Some(Action::Discrete(action)) => (Some(action), None),
            Some(Action::Box(values)) => (None, Some(values.into())),
            None => (None, None),
        };
        let (episode_step, episode_return) = (self.actions.len() as u64, self.episode_return);
        let environment = self.any();
        let frame = Frame {
            scene: environment.draw(),
            state: states.then(|| environment.state() as u32),
            episode,
            episode_step,
            episode_return,
            action,
            box_action,
            trail: Vec::new().into(),
        };
        serde_json::to_string(&StateEvent::Frame(frame)).map_err(refused)
    }

    /// Seed and actions of the episode so far.
    fn episode<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, [self.seed.map(Seed::get).into_pyobject(py)?.into_any(), self.played(py)?])
    }

    /// The exact model, where there is one.
    fn model<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        self.any().model().map(|it| model::arrays(py, it)).transpose()
    }

    /// The optimal values under a discount, where there is a model.
    fn solve<'py>(&mut self, py: Python<'py>, gamma: f64) -> PyResult<Option<Bound<'py, PyDict>>> {
        let gamma = shared::Discount::new(gamma).map_err(refused)?;
        let Some(model) = self.any().model().cloned() else { return Ok(None) };
        model::solve(py, &model, gamma.get()).map(Some)
    }

    /// So many copies of it.
    fn copies(&mut self, count: usize, autoreset: &str) -> PyResult<PythonVector> {
        let (states, strict, width) = (self.states, self.strict, self.features.len());
        let space = self.space.clone();
        let width = (!states).then_some(width);
        PythonVector::new(boxed(self.any().clone(), count), count, space, width, strict, autoreset)
    }
}

const fn no_actions(space: &ActionSpace) -> Actions {
    match space.entries() {
        0 => Actions::Discrete(Vec::new()),
        entries => Actions::Box { entries, values: Vec::new() },
    }
}

/// Every environment that there is, as JSON.
#[pyfunction]
pub(crate) fn catalog() -> PyResult<String> {
    serde_json::to_string(&registry::catalog()).map_err(refused)
}

/// The seed of an episode of a run: number `episode` of copy `copy`, both from 0.
#[pyfunction]
#[pyo3(signature = (seed, episode, copy=0))]
pub(crate) fn episode_seed(seed: u64, episode: u64, copy: u32) -> PyResult<u64> {
    Ok(environments::vector::episode_seed(spec::seed(seed)?, copy, episode).get())
}
