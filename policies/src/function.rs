//! The network of a file as a function: an observation in, and numbers out of which an action is made.

use crate::operators;
use crate::settings::{Outputs, PolicySettings};
use crate::shape;
use agents::setting::Setting;
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value};
use rten_onnx::onnx::{DataLocation, DataType, GraphProto, ModelProto, NodeProto, ValueInfoProto};
use rten_tensor::Tensor;
use rten_tensor::prelude::*;
use run::onnx_policy;
use shared::action::ActionSpace;
use std::fmt;
use std::sync::Arc;

/// Names of an observation's entries that a message tells at most.
const MOST_NAMES: usize = 8;

/// Why a file cannot be played in an environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// No ONNX file, or half of one.
    #[error("the file is no ONNX file, or it is cut or damaged ({0}). Take another copy of it")]
    Damaged(String),
    /// It computes nothing.
    #[error("the file holds no network, or it is cut. Take another copy of it")]
    Empty,
    /// Operators that are not here.
    #[error(
        "it uses {missing}, and the operators here are {}. Export the network alone, without what prepares observations and \
         chooses actions",
        operators::NAMES.join(", ")
    )]
    Operators {
        /// Their names.
        missing: String,
    },
    /// Its weights are elsewhere.
    #[error(
        "its weights lie in another file, {file:?}, which an .onnx file by itself does not bring along. Export it in one piece: \
         torch.onnx.export(..., external_data=False), or onnx.save_model(onnx.load(FILE), OTHER)"
    )]
    ExternalData {
        /// That file, as this one calls it.
        file: String,
    },
    /// Not one input.
    #[error(
        "it takes {count} inputs ({names}), and an environment gives one, its observation. Policies with a memory of their own \
         cannot be played"
    )]
    Inputs {
        /// How many.
        count: usize,
        /// Their names.
        names: String,
    },
    /// Observations of another shape.
    #[error(
        "its input {said} does not take this environment's observation of {entries} numbers ({names}). Open it in the environment \
         that it was learned in, with the same options"
    )]
    Observation {
        /// The input's name and shape.
        said: String,
        /// Numbers of the observation.
        entries: usize,
        /// What they are.
        names: String,
    },
    /// Observations of another kind of numbers.
    #[error("its input {0} takes no numbers. Export it with an input of single precision")]
    Kind(String),
    /// Outputs of another shape.
    #[error(
        "it gives {given}, and this environment wants {wanted}. Open it in the environment that it was learned in, or say what \
         its outputs are"
    )]
    Actions {
        /// Its outputs.
        given: String,
        /// What would do.
        wanted: String,
    },
    /// Outputs that mean nothing here.
    #[error("its outputs are to be {outputs}, and this environment wants {wanted}. Say what its outputs are")]
    Meaning {
        /// What they are.
        outputs: &'static str,
        /// What would do.
        wanted: String,
    },
    /// Anything else that the library says.
    #[error("it cannot be computed: {0}")]
    Library(String),
}

/// The value of a key in a file's metadata.
pub(crate) fn metadata<'a>(model: &'a ModelProto, key: &str) -> Option<&'a str> {
    model.metadata_props.iter().find(|it| it.key.as_deref() == Some(key))?.value.as_deref()
}

/// A network and what it is used for.
pub(crate) struct Function {
    model: Model,
    input: NodeId,
    output: NodeId,
    /// The shape of one observation.
    shape: Vec<usize>,
    takes_integers: bool,
    outputs: Outputs,
    options: RunOptions,
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Function").field("shape", &self.shape).finish_non_exhaustive()
    }
}

impl Function {
    /// Reads a file, and computes it once to see that it fits the environment.
    pub(crate) fn read(file: &[u8], setting: &Setting<'_>, settings: &PolicySettings) -> Result<Self, PolicyError> {
        let damaged = |error: &dyn fmt::Display| PolicyError::Damaged(error.to_string());
        let described = ModelProto::parse_buf(file).map_err(|error| damaged(&error))?;
        let graph = described.graph.as_ref().filter(|it| !it.node.is_empty()).ok_or(PolicyError::Empty)?;
        check_operators(graph)?;
        check_location(graph)?;
        let input = only_input(graph)?;
        let name = input.name.clone().unwrap_or_default();
        let said = lengths(input);
        let entries = setting.observation.len();
        let shape = shape::of_input(said.as_deref(), entries).ok_or_else(|| PolicyError::Observation {
            said: words_of_shape(&name, said.as_deref().unwrap_or_default()),
            entries,
            names: names_of_entries(setting),
        })?;
        let takes_integers = match kind(input) {
            None | Some(DataType::FLOAT | DataType::DOUBLE) => false,
            Some(DataType::INT32 | DataType::INT64) => true,
            Some(_) => return Err(PolicyError::Kind(name)),
        };
        let asked = settings.outputs.or_else(|| Outputs::named(metadata(&described, onnx_policy::OUTPUTS)?));
        drop(described);

        let library = |error: &dyn fmt::Display| PolicyError::Library(error.to_string());
        let mut options = ModelOptions::with_ops(operators::registry());
        let model = options.prepack_weights(true).load(file.to_vec()).map_err(|error| library(&error))?;
        // More than one thread would only wait for each other.
        let pool = Arc::new(ThreadPool::with_num_threads(1));
        let mut function = Self {
            input: model.node_id(&name).map_err(|error| library(&error))?,
            output: *model.output_ids().first().ok_or(PolicyError::Empty)?,
            model,
            shape,
            takes_integers,
            outputs: Outputs::Logits,
            options: RunOptions::default().with_thread_pool(Some(pool)),
        };
        let zeros = vec![0.0; entries];
        let ids = function.model.output_ids().to_vec();
        let given = function.run(settings.scaled(&zeros), &ids).map_err(|error| library(&error))?;
        let (place, outputs) = choose(&given, asked, &setting.space).ok_or_else(|| {
            let wanted = wanted(asked, &setting.space);
            match asked {
                Some(outputs) if !belongs(outputs, &setting.space) => {
                    PolicyError::Meaning { outputs: outputs.words(), wanted }
                }
                _ => PolicyError::Actions { given: function.words_of_outputs(&ids, &given), wanted },
            }
        })?;
        (function.output, function.outputs) = (ids[place], outputs);
        Ok(function)
    }

    /// What its numbers are.
    pub(crate) const fn outputs(&self) -> Outputs {
        self.outputs
    }

    /// The numbers for a scaled observation.
    pub(crate) fn compute(&self, observation: impl Iterator<Item = f32>) -> Result<Vec<f32>, PolicyError> {
        let given = self.run(observation, &[self.output]).map_err(PolicyError::Library)?;
        Ok(given.first().map(numbers).unwrap_or_default())
    }

    fn run(&self, observation: impl Iterator<Item = f32>, outputs: &[NodeId]) -> Result<Vec<Value>, String> {
        let shape = self.shape.as_slice();
        let words = |error: &dyn fmt::Display| error.to_string();
        let value: Value = if self.takes_integers {
            let whole: Vec<i32> = observation.map(|it| it as i32).collect();
            Tensor::try_from_data(shape, whole).map_err(|error| words(&error))?.into()
        } else {
            Tensor::try_from_data(shape, observation.collect::<Vec<f32>>()).map_err(|error| words(&error))?.into()
        };
        let run = self.model.run(vec![(self.input, value.into())], outputs, Some(self.options.clone()));
        run.map_err(|error| words(&error))
    }

    fn words_of_outputs(&self, ids: &[NodeId], given: &[Value]) -> String {
        let words = ids.iter().zip(given).map(|(id, value)| {
            let info = self.model.node_info(*id);
            let name = info.as_ref().and_then(rten::NodeInfo::name).unwrap_or("an output");
            let kind = if matches!(value, Value::FloatTensor(_)) { "" } else { "whole " };
            format!("{name:?} of {} {kind}numbers", numbers(value).len())
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

fn check_operators(graph: &GraphProto) -> Result<(), PolicyError> {
    let mut missing = Vec::<String>::new();
    for node in &graph.node {
        let name = operator(node);
        if name != operators::CONSTANT && !operators::NAMES.contains(&name.as_str()) && !missing.contains(&name) {
            missing.push(name);
        }
    }
    match missing.as_slice() {
        [] => Ok(()),
        [one] => Err(PolicyError::Operators { missing: format!("the operator {one}, which is not here") }),
        several => {
            let names = several.join(", ");
            Err(PolicyError::Operators { missing: format!("the operators {names}, which are not here") })
        }
    }
}

/// An operator's name, with its domain where that is none of ONNX's own.
fn operator(node: &NodeProto) -> String {
    let name = node.op_type.as_deref().unwrap_or_default();
    match node.domain.as_deref() {
        None | Some("" | "ai.onnx") => name.to_owned(),
        Some(domain) => format!("{domain}.{name}"),
    }
}

fn check_location(graph: &GraphProto) -> Result<(), PolicyError> {
    let Some(tensor) = graph.initializer.iter().find(|it| it.data_location == Some(DataLocation::EXTERNAL)) else {
        return Ok(());
    };
    let location = tensor.external_data.iter().find(|it| it.key.as_deref() == Some("location"));
    Err(PolicyError::ExternalData { file: location.and_then(|it| it.value.clone()).unwrap_or_default() })
}

/// The input that no initializer stands for.
fn only_input(graph: &GraphProto) -> Result<&ValueInfoProto, PolicyError> {
    let is_given = |input: &ValueInfoProto| graph.initializer.iter().any(|it| it.name == input.name);
    let inputs: Vec<_> = graph.input.iter().filter(|it| !is_given(it)).collect();
    match inputs.as_slice() {
        [input] => Ok(input),
        several => {
            let names: Vec<_> = several.iter().filter_map(|it| it.name.as_deref()).collect();
            Err(PolicyError::Inputs { count: several.len(), names: names.join(", ") })
        }
    }
}

/// What a file says of the lengths of an input.
fn lengths(input: &ValueInfoProto) -> Option<Vec<Option<usize>>> {
    let shape = input.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?;
    let length = |it: Option<i64>| it.and_then(|it| usize::try_from(it).ok());
    Some(shape.dim.iter().map(|it| length(it.dim_value)).collect())
}

fn kind(input: &ValueInfoProto) -> Option<DataType> {
    input.r#type.as_ref()?.tensor_type.as_ref()?.elem_type
}

fn words_of_shape(name: &str, said: &[Option<usize>]) -> String {
    let lengths: Vec<_> = said.iter().map(|it| it.map_or_else(|| "any".to_owned(), |it| it.to_string())).collect();
    let count = shape::taken(said).map(|it| format!(", {it} numbers,")).unwrap_or_default();
    format!("{name:?} of shape [{}]{count}", lengths.join(", "))
}

fn names_of_entries(setting: &Setting<'_>) -> String {
    let mut names: Vec<_> = setting.observation.iter().take(MOST_NAMES).map(|it| it.name.as_str()).collect();
    if setting.observation.len() > MOST_NAMES {
        names.push("...");
    }
    names.join(", ")
}

/// The numbers of a value, as they come.
fn numbers(value: &Value) -> Vec<f32> {
    match value {
        Value::FloatTensor(it) => it.to_vec(),
        Value::Int32Tensor(it) => it.iter().map(|it| *it as f32).collect(),
        Value::Int8Tensor(it) => it.iter().map(|it| f32::from(*it)).collect(),
        Value::UInt8Tensor(it) => it.iter().map(|it| f32::from(*it)).collect(),
        _ => Vec::new(),
    }
}

/// Whether actions of a space can be made of such numbers.
const fn belongs(outputs: Outputs, space: &ActionSpace) -> bool {
    match (space, outputs) {
        (_, Outputs::Actions)
        | (ActionSpace::Discrete(_), Outputs::Logits | Outputs::ActionValues)
        | (ActionSpace::Box(_), Outputs::MeanActions | Outputs::UnitActions) => true,
        (ActionSpace::Discrete(_) | ActionSpace::Box(_), _) => false,
    }
}

/// Which output an action is made of, and what it is: the first that fits.
fn choose(given: &[Value], asked: Option<Outputs>, space: &ActionSpace) -> Option<(usize, Outputs)> {
    let fits = |value: &Value, outputs: Outputs| {
        let (count, is_float) = (numbers(value).len(), matches!(value, Value::FloatTensor(_)));
        belongs(outputs, space)
            && match space {
                ActionSpace::Discrete(_) if outputs == Outputs::Actions => count == 1,
                ActionSpace::Discrete(actions) => is_float && count == usize::from(*actions),
                ActionSpace::Box(entries) => is_float && count == entries.len(),
            }
    };
    given.iter().enumerate().find_map(|(place, value)| {
        let guesses: &[Outputs] = match (asked, value) {
            (Some(outputs), _) => &[outputs],
            (None, Value::FloatTensor(_)) => &[Outputs::Logits, Outputs::MeanActions],
            // The number of an action is a whole one.
            (None, _) => &[Outputs::Actions],
        };
        guesses.iter().find(|it| fits(value, **it)).map(|it| (place, *it))
    })
}

/// What an environment wants of a file.
fn wanted(asked: Option<Outputs>, space: &ActionSpace) -> String {
    match (space, asked) {
        (ActionSpace::Discrete(_), Some(Outputs::Actions)) => "one number, that of an action".into(),
        (ActionSpace::Discrete(actions), _) => format!("{actions} numbers, one an action, or the number of an action"),
        (ActionSpace::Box(entries), _) => {
            let names: Vec<_> = entries.iter().map(|it| it.name.as_str()).collect();
            format!("{} numbers, one an entry of its actions ({})", entries.len(), names.join(", "))
        }
    }
}
