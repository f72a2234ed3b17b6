//! Parameters that take effect only with certain values of another one, and what somebody means who sets some of them.
//!
//! Specs that are stored or sent may hold values without effect: they are the runs that they always were. What people set,
//! on a command line, in a sweep, in a link or in a form, goes through [`settle`], which refuses such a value by name.

use super::{ParameterError, ParameterKind, ParameterSpec, Parameters, Value};
use serde::{Deserialize, Serialize};

/// A condition without which a parameter has no effect: one of these must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Need {
    /// What of other parameters will do.
    pub any: Vec<Condition>,
    /// Whether who sets the parameter means the first value of the first of them, unless that parameter is set otherwise.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub implied: bool,
}

/// What another parameter must be. Its own needs must be met, too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// Its name.
    pub parameter: String,
    /// Which of its values will do.
    pub values: NeededValues,
}

/// Which values of a needed parameter will do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeededValues {
    /// One of these.
    OneOf(Vec<Value>),
    /// Any but these.
    OtherThan(Vec<Value>),
}

impl NeededValues {
    fn allow(&self, value: &Value) -> bool {
        match self {
            Self::OneOf(values) => values.contains(value),
            Self::OtherThan(values) => !values.contains(value),
        }
    }
}

impl Condition {
    fn one_of(parameter: &str, values: Vec<Value>) -> Self {
        Self { parameter: parameter.into(), values: NeededValues::OneOf(values) }
    }

    /// In words: `map=own`.
    fn words(&self, specs: &[ParameterSpec]) -> String {
        let name = &self.parameter;
        match (&self.values, find(specs, name).map(|spec| &spec.kind)) {
            (NeededValues::OneOf(values), _) => format!("{name}={}", either(values.iter().map(Value::to_string))),
            (NeededValues::OtherThan(values), Some(ParameterKind::Choice { options, .. })) => {
                let others = options.iter().map(|it| Value::Text(it.value.clone())).filter(|it| !values.contains(it));
                format!("{name}={}", either(others.map(|it| it.to_string())))
            }
            (NeededValues::OtherThan(values), _) => {
                format!("{name} other than {}", either(values.iter().map(Value::to_string)))
            }
        }
    }
}

impl Need {
    /// In words, with the parameters that they speak of: `map=own`.
    pub fn words(&self, specs: &[ParameterSpec]) -> String {
        either(self.any.iter().map(|condition| condition.words(specs)))
    }

    /// How the parameters that it speaks of are set instead: `map=4x4`.
    fn now(&self, specs: &[ParameterSpec], values: &Parameters) -> String {
        let others = self.any.iter().filter_map(|condition| find(specs, &condition.parameter));
        let now: Vec<_> = others.map(|other| format!("{}={}", other.name, other.value_in(values))).collect();
        now.join(" and ")
    }
}

/// Words as alternatives: `a, b or c`.
fn either(words: impl Iterator<Item = String>) -> String {
    match &words.collect::<Vec<_>>()[..] {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        words => words.concat(),
    }
}

fn find<'a>(specs: &'a [ParameterSpec], name: &str) -> Option<&'a ParameterSpec> {
    specs.iter().find(|spec| spec.name == name)
}

impl ParameterSpec {
    /// The same parameter, which has an effect only where another has this value. Who sets the one means the other.
    #[must_use]
    #[inline(never)]
    pub fn implies(mut self, parameter: &str, value: Value) -> Self {
        self.needs.push(Need { any: vec![Condition::one_of(parameter, vec![value])], implied: true });
        self
    }

    /// The same parameter, which has an effect only where another has one of these values.
    #[must_use]
    #[inline(never)]
    pub fn needs(self, parameter: &str, values: Vec<Value>) -> Self {
        self.needs_any(vec![(parameter, values)])
    }

    /// The same parameter, which has an effect only where one of these others has one of the values beside it.
    #[must_use]
    #[inline(never)]
    pub fn needs_any(mut self, others: Vec<(&str, Vec<Value>)>) -> Self {
        let any = others.into_iter().map(|(parameter, values)| Condition::one_of(parameter, values)).collect();
        self.needs.push(Need { any, implied: false });
        self
    }

    /// The same parameter, which has no effect where another has one of these values.
    #[must_use]
    #[inline(never)]
    pub fn unless(mut self, parameter: &str, values: Vec<Value>) -> Self {
        let mut values = values;
        let has_one = |it: &&mut Need| matches!(&it.any[..], [one] if one.parameter == parameter);
        // One need for a parameter, so that what is told of it is all that it must not be.
        if let Some(Need { any, .. }) = self.needs.iter_mut().find(has_one)
            && let [Condition { values: NeededValues::OtherThan(others), .. }] = &mut any[..]
        {
            others.append(&mut values);
            return self;
        }
        let condition = Condition { parameter: parameter.into(), values: NeededValues::OtherThan(values) };
        self.needs.push(Need { any: vec![condition], implied: false });
        self
    }

    /// The value among these, or the default.
    pub fn value_in(&self, values: &Parameters) -> Value {
        values.get(&self.name).and_then(|value| self.check(value).ok()).unwrap_or_else(|| self.default_value())
    }

    /// What keeps the parameter from having an effect where these values are set: a need of its own, or one of a parameter
    /// that is set as it needs it.
    pub fn unmet<'a>(&'a self, specs: &'a [ParameterSpec], values: &Parameters) -> Option<&'a Need> {
        self.needs.iter().find_map(|need| {
            let mut deeper = None;
            for condition in &need.any {
                let other = find(specs, &condition.parameter)?;
                if condition.values.allow(&other.value_in(values)) {
                    let inner = other.unmet(specs, values)?;
                    deeper.get_or_insert(inner);
                }
            }
            Some(deeper.unwrap_or(need))
        })
    }
}

/// An error where something that is set would quietly change what a preset says, because it implies another value of it.
pub fn keep_preset(
    specs: &[ParameterSpec],
    preset: &Parameters,
    set: &Parameters,
    settled: &Parameters,
) -> Result<(), ParameterError> {
    for (name, value) in preset.iter().filter(|(name, _)| !set.contains_key(*name)) {
        let Some(other) = settled.get(name).filter(|it| *it != value) else { continue };
        let implies = |spec: &&ParameterSpec| {
            let about = |need: &Need| need.implied && need.any.iter().any(|it| it.parameter == *name);
            set.contains_key(&spec.name) && spec.needs.iter().any(about)
        };
        if let Some(spec) = specs.iter().find(implies) {
            let why =
                format!("with {name}={value}, as the preset says; it needs {name}={other}, which is to be set, too");
            return Err(ParameterError::WithoutEffect { parameter: spec.name.clone(), why });
        }
    }
    Ok(())
}

/// These values without those that have no effect beside the others.
pub fn effective(specs: &[ParameterSpec], values: &Parameters) -> Parameters {
    let mut kept = values.clone();
    kept.retain(|name, _| specs.iter().all(|spec| spec.name != *name || spec.unmet(specs, values).is_none()));
    kept
}

/// What somebody means who sets these values on top of others, which they did not choose one by one: a preset, what is
/// recommended. What a value implies is set, and what of the others has no effect then is left out.
///
/// # Errors
/// A value that somebody set has no effect.
pub fn settle(specs: &[ParameterSpec], others: &Parameters, set: &Parameters) -> Result<Parameters, ParameterError> {
    let mut said: Vec<&str> = set.keys().map(String::as_str).collect();
    let mut all = others.clone();
    all.extend(set.iter().map(|(name, value)| (name.clone(), value.clone())));
    for spec in specs.iter().filter(|spec| set.contains_key(&spec.name)) {
        let implied = spec.unmet(specs, &all).filter(|need| need.implied).and_then(|need| need.any.first());
        if let Some(Condition { parameter, values: NeededValues::OneOf(values) }) = implied
            && let Some(value) = values.first()
            && !said.contains(&parameter.as_str())
        {
            all.insert(parameter.clone(), value.clone());
            said.push(parameter);
        }
    }
    for spec in specs.iter().filter(|spec| said.contains(&spec.name.as_str())) {
        if let Some(need) = spec.unmet(specs, &all) {
            let why = format!("with {}; it needs {}", need.now(specs, &all), need.words(specs));
            return Err(ParameterError::WithoutEffect { parameter: spec.name.clone(), why });
        }
    }
    Ok(effective(specs, &all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    fn specs() -> Vec<ParameterSpec> {
        let map = ParameterSpec::choice("map", "", &[("small", ""), ("large", ""), ("own", "")], "");
        let kind = ParameterSpec::choice("kind", "", &[("constant", ""), ("step", ""), ("episode", "")], "");
        vec![
            map,
            ParameterSpec::text("own_map", "", 9, true, "S", "").implies("map", text("own")),
            ParameterSpec::flag("rainy", "", false, ""),
            kind.needs("rainy", vec![Value::Flag(true)]),
            ParameterSpec::number("decay", "", (0.0, 1.0), 0.5, 0.1, "").unless("kind", vec![text("constant")]),
            ParameterSpec::integer("steps", "", (0, 9), 3, ""),
            ParameterSpec::number("kappa", "", (0.0, 1.0), 0.5, 0.1, "").unless("steps", vec![Value::Integer(0)]),
            ParameterSpec::flag("either", "", false, "")
                .needs_any(vec![("map", vec![text("large")]), ("rainy", vec![Value::Flag(true)])]),
        ]
    }

    fn values(values: &[(&str, Value)]) -> Parameters {
        values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    #[track_caller]
    fn check_refused(set: &[(&str, Value)], expected: &str) {
        let error = settle(&specs(), &Parameters::new(), &values(set)).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_value_without_effect_is_refused_with_what_it_needs() {
        check_refused(
            &[("own_map", text("S")), ("map", text("large"))],
            "own_map has no effect with map=large; it needs map=own",
        );
        check_refused(
            &[("decay", Value::Number(0.1)), ("rainy", Value::Flag(true))],
            "decay has no effect with kind=constant; it needs kind=step or episode",
        );
        check_refused(&[("kind", text("step"))], "kind has no effect with rainy=false; it needs rainy=true");
        // What it needs has needs itself.
        check_refused(
            &[("decay", Value::Number(0.1)), ("kind", text("step"))],
            "kind has no effect with rainy=false; it needs rainy=true",
        );
        check_refused(
            &[("steps", Value::Number(0.0)), ("kappa", Value::Number(0.1))],
            "kappa has no effect with steps=0; it needs steps other than 0",
        );
        check_refused(
            &[("either", Value::Flag(true))],
            "either has no effect with map=small and rainy=false; it needs map=large or rainy=true",
        );
        let rainy = values(&[("either", Value::Flag(true)), ("rainy", Value::Flag(true))]);
        assert_eq!(settle(&specs(), &Parameters::new(), &rainy), Ok(rainy));
    }

    #[test]
    fn what_is_implied_is_set_and_what_nobody_chose_gives_way() {
        let own = values(&[("own_map", text("SG"))]);
        let settled = settle(&specs(), &values(&[("map", text("large"))]), &own).unwrap();
        assert_eq!(settled, values(&[("own_map", text("SG")), ("map", text("own"))]));
        let as_it_is = values(&[("own_map", text("SG"))]);
        let settled = settle(&specs(), &values(&[("map", text("own"))]), &as_it_is).unwrap();
        assert_eq!(settled, values(&[("map", text("own")), ("own_map", text("SG"))]));
        let recommended = values(&[("kappa", Value::Number(0.1)), ("rainy", Value::Flag(true))]);
        let settled = settle(&specs(), &recommended, &values(&[("steps", Value::Integer(0))])).unwrap();
        assert_eq!(settled, values(&[("steps", Value::Integer(0)), ("rainy", Value::Flag(true))]));
    }

    #[test]
    fn values_without_effect_can_be_left_out() {
        let given = values(&[("own_map", text("SG")), ("rainy", Value::Flag(true)), ("kind", text("step"))]);
        assert_eq!(effective(&specs(), &given), values(&[("rainy", Value::Flag(true)), ("kind", text("step"))]));
    }
}
