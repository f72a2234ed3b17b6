//! Policies as ONNX files: observations as the environment gives them go in, `[batch, entries]`, and logits, action values or
//! mean actions come out, `[batch, actions]`. Scaling of observations is part of the file. Convolutions see an observation as
//! `[batch, planes, rows, columns]`, as everybody has it; what they give is turned to `[batch, rows, columns, filters]` for the
//! layers behind them, whose weights are thereby those of our own files.
//!
//! The operators are those of the default set, version 13, which every runtime of the last years has.

mod model;

use agents::neural::function::{ConvolutionLayer, DenseLayer, OutputMeaning, PolicyFunction};
use model::{
    Attribute, Dimension, FLOAT, FLOAT_ATTRIBUTE, INTEGER, INTEGER_ATTRIBUTE, INTEGERS_ATTRIBUTE, Length, OnnxGraph,
    OnnxMetadata, OnnxModel, OnnxNode, OnnxShape, OnnxTensor, OnnxType, OperatorSet, TensorKind, ValueInfo,
};
use networks::Activation;
use prost::Message as _;
use run::onnx_policy;
use shared::spec::RunSpec;

/// Version of the file format, and of the operators in it.
const IR_VERSION: i64 = 8;
const OPERATORS: i64 = 13;
/// The slope of a leaky `ReLU` below 0, as `networks` has it.
const LEAK: f32 = 0.01;

/// The names of what goes in and of what comes out.
pub const INPUT: &str = "observation";

/// The name of what comes out, which is also the entry `terrarium.outputs` of the file's metadata.
pub const fn output_name(meaning: &OutputMeaning) -> &'static str {
    match meaning {
        OutputMeaning::Logits => "logits",
        OutputMeaning::ActionValues => "action_values",
        OutputMeaning::MeanActions(_) => "mean_actions",
    }
}

/// The bytes of a file with this policy. Its metadata name the environment and the agent of the run.
pub fn write(function: &PolicyFunction, spec: &RunSpec) -> Vec<u8> {
    let mut builder = Builder::default();
    let scaled = builder.scaled(function);
    let scaled = builder.convolutions(scaled, &function.convolutions());
    let advantages = builder.dense(scaled.clone(), &function.layers());
    let output = output_name(function.meaning());
    match function.meaning() {
        OutputMeaning::Logits => builder.last(advantages, output),
        OutputMeaning::ActionValues => match function.state_value_layers() {
            None => builder.last(advantages, output),
            Some(layers) => {
                let value = builder.dense(scaled, &layers);
                let along_actions = [integers("axes", &[1]), integer("keepdims", 1)];
                let mean = builder.node("ReduceMean", &[&advantages], along_actions.into());
                let beyond = builder.node("Sub", &[&advantages, &mean], Vec::new());
                let values = builder.node("Add", &[&beyond, &value], Vec::new());
                builder.last(values, output);
            }
        },
        OutputMeaning::MeanActions(entries) => {
            let of = |of: fn(f32, f32) -> f32| entries.iter().map(|it| of(it.low, it.high)).collect::<Vec<_>>();
            let wide = builder.with("Mul", &advantages, "half_ranges", &of(|low, high| (high - low) / 2.0));
            let moved = builder.with("Add", &wide, "middles", &of(f32::midpoint));
            let action = builder.within(&moved, "actions", &of(|low, _| low), &of(|_, high| high));
            builder.last(action, output);
        }
    }
    let value = |name: &str, entries: usize| ValueInfo {
        name: Some(name.into()),
        kind: Some(OnnxType { tensor: Some(TensorKind { element: Some(FLOAT), shape: Some(shape(entries)) }) }),
    };
    let graph = OnnxGraph {
        nodes: builder.nodes,
        name: Some("policy".into()),
        initializers: builder.tensors,
        inputs: vec![value(INPUT, function.inputs())],
        outputs: vec![value(output, function.outputs())],
    };
    let entry = |key: &str, value: String| OnnxMetadata { key: Some(key.into()), value: Some(value) };
    let model = OnnxModel {
        ir_version: Some(IR_VERSION),
        producer_name: Some("terrarium".into()),
        producer_version: Some(env!("CARGO_PKG_VERSION").into()),
        graph: Some(graph),
        operator_sets: vec![OperatorSet { domain: Some(String::new()), version: Some(OPERATORS) }],
        metadata: vec![
            entry(onnx_policy::ENVIRONMENT, serde_json::to_string(&spec.environment).unwrap_or_default()),
            entry("terrarium.agent", spec.agent.id.clone()),
            entry(onnx_policy::OUTPUTS, output.into()),
        ],
    };
    model.encode_to_vec()
}

fn shape(entries: usize) -> OnnxShape {
    let batch = Dimension { length: Some(Length::Named("batch".into())) };
    OnnxShape { dimensions: vec![batch, Dimension { length: Some(Length::Fixed(entries as i64)) }] }
}

fn attribute(name: &str, kind: i32) -> Attribute {
    Attribute { name: Some(name.into()), kind: Some(kind), ..Attribute::default() }
}

fn integer(name: &str, value: i64) -> Attribute {
    Attribute { integer: Some(value), ..attribute(name, INTEGER_ATTRIBUTE) }
}

fn integers(name: &str, values: &[i64]) -> Attribute {
    Attribute { integers: values.to_vec(), ..attribute(name, INTEGERS_ATTRIBUTE) }
}

/// A graph as it grows. What a node gives has a number as its name.
#[derive(Default)]
struct Builder {
    nodes: Vec<OnnxNode>,
    tensors: Vec<OnnxTensor>,
}

impl Builder {
    /// Adds a node; gives the name of its output.
    fn node(&mut self, operator: &str, inputs: &[&str], attributes: Vec<Attribute>) -> String {
        let name = format!("{}_{}", operator.to_lowercase(), self.nodes.len());
        self.nodes.push(OnnxNode {
            inputs: inputs.iter().map(|it| (*it).to_owned()).collect(),
            outputs: vec![name.clone()],
            name: Some(name.clone()),
            operator: Some(operator.into()),
            attributes,
        });
        name
    }

    /// Adds numbers; gives their name.
    fn tensor(&mut self, name: &str, dimensions: &[usize], values: &[f32]) -> String {
        self.content(name, dimensions, FLOAT, values.iter().flat_map(|it| it.to_le_bytes()).collect())
    }

    fn content(&mut self, name: &str, dimensions: &[usize], kind: i32, content: Vec<u8>) -> String {
        self.tensors.push(OnnxTensor {
            dimensions: dimensions.iter().map(|it| *it as i64).collect(),
            kind: Some(kind),
            name: Some(name.into()),
            content: Some(content),
        });
        name.to_owned()
    }

    /// An operator between what has been computed and fixed numbers, one an entry.
    fn with(&mut self, operator: &str, input: &str, name: &str, values: &[f32]) -> String {
        let tensor = self.tensor(name, &[values.len()], values);
        self.node(operator, &[input, &tensor], Vec::new())
    }

    fn within(&mut self, input: &str, name: &str, low: &[f32], high: &[f32]) -> String {
        let cut = self.with("Max", input, &format!("{name}_low"), low);
        self.with("Min", &cut, &format!("{name}_high"), high)
    }

    /// Observations as the network takes them.
    fn scaled(&mut self, function: &PolicyFunction) -> String {
        let (centre, scale, farthest) = function.scaling();
        let mut input = INPUT.to_owned();
        if centre.iter().any(|it| *it != 0.0) || scale.iter().any(|it| *it != 1.0) {
            let centred = self.with("Sub", &input, "centre", centre);
            input = self.with("Mul", &centred, "scale", scale);
        }
        match farthest {
            None => input,
            Some(farthest) => self.within(&input, "scaled", &[-farthest], &[farthest]),
        }
    }

    /// What the convolutions make of an observation, flat again; the observation itself where there are none.
    fn convolutions(&mut self, input: String, layers: &[ConvolutionLayer]) -> String {
        let Some(first) = layers.first() else { return input };
        // As many rows as there are, and the rest as it is said here.
        let shape = [0].into_iter().chain(first.board.map(|it| it as i64)).flat_map(i64::to_le_bytes).collect();
        let shape = self.content("board", &[4], INTEGER, shape);
        let mut board = self.node("Reshape", &[&input, &shape], Vec::new());
        for layer in layers {
            let (kernel, stride) = (layer.kernel as i64, layer.stride as i64);
            let dimensions = [layer.filters, layer.board[0], layer.kernel, layer.kernel];
            let weights = self.tensor(&format!("{}.weight", layer.name), &dimensions, &layer.weights);
            let biases = self.tensor(&format!("{}.bias", layer.name), &[layer.filters], &layer.biases);
            let window = vec![integers("kernel_shape", &[kernel; 2]), integers("strides", &[stride; 2])];
            board = self.node("Conv", &[&board, &weights, &biases], window);
            board = self.activated(board, layer.activation);
        }
        let cells = self.node("Transpose", &[&board], vec![integers("perm", &[0, 2, 3, 1])]);
        self.node("Flatten", &[&cells], Vec::new())
    }

    fn dense(&mut self, mut input: String, layers: &[DenseLayer]) -> String {
        for layer in layers {
            let weights = self.tensor(&format!("{}.weight", layer.name), &[layer.inputs, layer.units], &layer.weights);
            let biases = self.tensor(&format!("{}.bias", layer.name), &[layer.units], &layer.biases);
            input = self.node("Gemm", &[&input, &weights, &biases], Vec::new());
            input = self.activated(input, layer.activation);
        }
        input
    }

    /// What units make of their sums.
    fn activated(&mut self, sums: String, activation: Activation) -> String {
        let (operator, attributes) = match activation {
            Activation::Linear => return sums,
            Activation::Relu => ("Relu", Vec::new()),
            Activation::LeakyRelu => {
                ("LeakyRelu", vec![Attribute { float: Some(LEAK), ..attribute("alpha", FLOAT_ATTRIBUTE) }])
            }
            Activation::Tanh => ("Tanh", Vec::new()),
            Activation::Sigmoid => ("Sigmoid", Vec::new()),
        };
        self.node(operator, &[&sums], attributes)
    }

    /// What the last node gives gets this name.
    fn last(&mut self, computed: String, name: &str) {
        if let Some(node) = self.nodes.last_mut().filter(|it| it.outputs == [computed]) {
            node.outputs = vec![name.to_owned()];
        }
    }
}
