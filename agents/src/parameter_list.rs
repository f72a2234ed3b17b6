//! What an agent adds to the parameters of its family.

use shared::parameter::ParameterSpec;

/// The parameters with another one behind the one of this name; at the end where there is none.
pub(crate) fn insert_after(parameters: &mut Vec<ParameterSpec>, name: &str, added: ParameterSpec) {
    let place = parameters.iter().position(|it| it.name == name).map_or(parameters.len(), |place| place + 1);
    parameters.insert(place, added);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_stands_behind_the_one_that_is_named() {
        let spec = |name: &str| ParameterSpec::flag(name, "Title", true, "Help.");
        let mut parameters = vec![spec("alpha"), spec("gamma")];
        insert_after(&mut parameters, "alpha", spec("lambda"));
        insert_after(&mut parameters, "nothing", spec("ties"));
        let names: Vec<_> = parameters.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["alpha", "lambda", "gamma", "ties"]);
    }
}
