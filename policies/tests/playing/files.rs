//! ONNX files as Stable-Baselines3 and others export them, made here.

use rten_onnx::onnx::{
    AttributeProto, AttributeType, DataLocation, DataType, Dimension, GraphProto, ModelProto, NodeProto,
    OperatorSetIdProto, StringStringEntryProto, TensorProto, TensorShapeProto, TypeProto, TypeProtoTensor,
    ValueInfoProto,
};
use std::cell::RefCell;

/// A dense layer with `weights[unit][input]`, as torch has them.
#[derive(Clone)]
pub(crate) struct Dense {
    pub(crate) weights: Vec<Vec<f32>>,
    pub(crate) biases: Vec<f32>,
}

/// Layers of these sizes, with numbers that look like chance and are always the same.
pub(crate) fn layers(sizes: &[usize]) -> Vec<Dense> {
    let mut state = 7_u32;
    let mut number = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 * 2.0 - 1.0
    };
    let pairs = sizes.windows(2);
    pairs
        .map(|it| Dense {
            weights: (0..it[1]).map(|_| (0..it[0]).map(|_| number()).collect()).collect(),
            biases: (0..it[1]).map(|_| number() / 4.0).collect(),
        })
        .collect()
}

/// What they make of an observation, with tanh between them.
pub(crate) fn expected(layers: &[Dense], observation: &[f32]) -> Vec<f32> {
    let mut values: Vec<f64> = observation.iter().map(|it| f64::from(*it)).collect();
    for (place, layer) in layers.iter().enumerate() {
        let sums = layer.weights.iter().zip(&layer.biases).map(|(weights, bias)| {
            f64::from(*bias)
                + weights.iter().zip(&values).map(|(weight, value)| f64::from(*weight) * value).sum::<f64>()
        });
        values = sums.map(|it| if place + 1 < layers.len() { it.tanh() } else { it }).collect();
    }
    values.into_iter().map(|it| it as f32).collect()
}

/// A file as it grows.
#[derive(Default)]
pub(crate) struct File {
    graph: GraphProto,
    metadata: Vec<StringStringEntryProto>,
}

fn value(name: &str, kind: DataType, lengths: &[Option<usize>]) -> ValueInfoProto {
    let dim = lengths.iter().map(|it| Dimension {
        dim_value: it.map(|it| it as i64),
        dim_param: it.is_none().then(|| "batch_size".to_owned()),
    });
    let shape = Some(TensorShapeProto { dim: dim.collect() });
    let tensor_type = Some(TypeProtoTensor { elem_type: Some(kind), shape });
    ValueInfoProto { name: Some(name.into()), r#type: Some(TypeProto { tensor_type, ..TypeProto::default() }) }
}

pub(crate) fn integer(name: &str, value: i64) -> AttributeProto {
    let r#type = Some(AttributeType::INT);
    AttributeProto { name: Some(name.into()), i: Some(value), r#type, ..AttributeProto::default() }
}

impl File {
    pub(crate) fn input(mut self, name: &str, lengths: &[Option<usize>]) -> Self {
        self.graph.input.push(value(name, DataType::FLOAT, lengths));
        self
    }

    pub(crate) fn output(mut self, name: &str, kind: DataType, lengths: &[Option<usize>]) -> Self {
        self.graph.output.push(value(name, kind, lengths));
        self
    }

    pub(crate) fn node(
        mut self,
        operator: &str,
        inputs: &[&str],
        output: &str,
        attributes: Vec<AttributeProto>,
    ) -> Self {
        self.graph.node.push(NodeProto {
            op_type: Some(operator.into()),
            name: Some(format!("/{output}")),
            input: inputs.iter().map(|it| (*it).to_owned()).collect(),
            output: vec![output.into()],
            attribute: attributes,
            ..NodeProto::default()
        });
        self
    }

    fn tensor(mut self, name: &str, dims: &[usize], values: impl Iterator<Item = f32>) -> Self {
        let bytes: Vec<u8> = values.flat_map(f32::to_le_bytes).collect();
        self.graph.initializer.push(TensorProto {
            name: Some(name.into()),
            dims: dims.iter().map(|it| *it as i64).collect(),
            data_type: Some(DataType::FLOAT),
            raw_data: Some(RefCell::new(bytes)),
            ..TensorProto::default()
        });
        self
    }

    /// Flatten, then `Gemm` with the weights as torch has them, and `Tanh` between.
    pub(crate) fn dense(self, input: &str, layers: &[Dense], output: &str) -> Self {
        let mut file = self.node("Flatten", &[input], "flat", vec![integer("axis", 1)]);
        let mut before = "flat".to_owned();
        for (place, layer) in layers.iter().enumerate() {
            let (weight, bias) = (format!("policy_net.{place}.weight"), format!("policy_net.{place}.bias"));
            let is_last = place + 1 == layers.len();
            let sum = if is_last { output.to_owned() } else { format!("gemm_{place}") };
            file = file
                .tensor(
                    &weight,
                    &[layer.weights.len(), layer.weights[0].len()],
                    layer.weights.iter().flatten().copied(),
                )
                .tensor(&bias, &[layer.biases.len()], layer.biases.iter().copied())
                .node("Gemm", &[&before, &weight, &bias], &sum, vec![integer("transB", 1)]);
            if !is_last {
                before = format!("tanh_{place}");
                file = file.node("Tanh", &[&sum], &before, Vec::new());
            }
        }
        file
    }

    /// The weights stand in another file.
    pub(crate) fn external(mut self) -> Self {
        for tensor in &mut self.graph.initializer {
            tensor.raw_data = None;
            tensor.data_location = Some(DataLocation::EXTERNAL);
            let entry =
                |key: &str, value: &str| StringStringEntryProto { key: Some(key.into()), value: Some(value.into()) };
            tensor.external_data =
                vec![entry("location", "policy.onnx.data"), entry("offset", "0"), entry("length", "8")];
        }
        self
    }

    pub(crate) fn metadata(mut self, key: &str, value: &str) -> Self {
        self.metadata.push(StringStringEntryProto { key: Some(key.into()), value: Some(value.into()) });
        self
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        let model = ModelProto {
            ir_version: Some(8),
            producer_name: Some("pytorch".into()),
            opset_import: vec![OperatorSetIdProto { domain: Some(String::new()), version: Some(17) }],
            graph: Some(self.graph),
            metadata_props: self.metadata,
            ..ModelProto::default()
        };
        model.write_buf().expect("there is memory for a small file")
    }
}

/// A policy of this many entries, with two hidden layers of 64, that gives logits.
pub(crate) fn network(inputs: usize, outputs: usize) -> (Vec<u8>, Vec<Dense>) {
    network_of(&[inputs, 64, 64, outputs])
}

/// A policy with layers of these sizes, that gives logits.
pub(crate) fn network_of(sizes: &[usize]) -> (Vec<u8>, Vec<Dense>) {
    let layers = layers(sizes);
    let file = File::default().input("obs", &[None, sizes.first().copied()]).dense("obs", &layers, "logits").output(
        "logits",
        DataType::FLOAT,
        &[None, sizes.last().copied()],
    );
    (file.bytes(), layers)
}
