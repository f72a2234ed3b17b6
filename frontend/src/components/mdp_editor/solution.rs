//! The exact solution of the MDP that is drawn, by the names of its states and actions.

use crate::components::map_editor::solution::{SolvedDraft, solve};
use environments::Environment as _;
use shared::spec::EnvironmentSpec;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// What is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum MdpOutlook {
    /// Nobody asked, it is on its way, or there is none of what is drawn now.
    #[default]
    Unknown,
    /// It did not settle, or has no bound.
    Unsettled,
    /// It is found.
    Solved(Rc<MdpSolution>),
}

/// The optimal values of an MDP.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MdpSolution {
    /// The value of every state with actions.
    pub values: BTreeMap<String, f64>,
    /// The value of every action, by its state's name and its own, and whether it is a best one.
    pub actions: BTreeMap<(String, String), (f64, bool)>,
    /// The best value from the start.
    pub at_start: f64,
}

impl MdpOutlook {
    /// The solution, if it is found.
    pub fn solution(&self) -> Option<&MdpSolution> {
        if let Self::Solved(solution) = self { Some(solution) } else { None }
    }
}

/// The outlook of an environment under a discount; of none, none. The last solution stays until there is a new one.
#[hook]
pub fn use_mdp_outlook(environment: Option<EnvironmentSpec>, discount: f64) -> MdpOutlook {
    let outlook = use_state_eq(MdpOutlook::default);
    {
        let outlook = outlook.setter();
        use_effect_with((environment, discount.to_bits()), move |(environment, discount)| {
            let (here, discount) = (Rc::new(Cell::new(true)), f64::from_bits(*discount));
            if let Some(environment) = environment.clone() {
                let here = Rc::clone(&here);
                spawn_local(async move {
                    let found = solve(&environment, discount, || here.get()).await;
                    if here.get() {
                        outlook.set(found.map_or(MdpOutlook::Unknown, |found| by_names(&found)));
                    }
                });
            } else {
                outlook.set(MdpOutlook::Unknown);
            }
            move || here.set(false)
        });
    }
    (*outlook).clone()
}

fn by_names(SolvedDraft { environment, solution }: &SolvedDraft) -> MdpOutlook {
    let (description, Some(model)) = (environment.describe(), environment.model()) else { return MdpOutlook::Unknown };
    let Some(found) = solution else { return MdpOutlook::Unsettled };
    let mut named = MdpSolution { at_start: found.at_start(model), ..MdpSolution::default() };
    for (state, value) in found.v.iter().enumerate().filter(|(state, _)| model.choices(*state).count() > 0) {
        let name = description.state_name(state);
        for action in model.choices(state).iter() {
            let figures = (found.q[state * model.actions() + usize::from(action)], found.best(state).allows(action));
            named.actions.insert((name.clone(), description.action_name(action)), figures);
        }
        named.values.insert(name, *value);
    }
    MdpOutlook::Solved(Rc::new(named))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::parameter::{Parameters, Value};

    /// By hand, with discount .95: s2 = -1 / (1 - .95), s1 = (5 + .475 s2) / (1 - .475).
    #[test]
    fn values_and_best_actions_have_the_names_that_were_given() {
        let table = "s1,a11,.5,s1,5\ns1,a11,.5,s2,5\ns1,a12,1,s2,10\ns2,a21,1,s2,-1\ns2,out,1,end,-90,true";
        let parameters = Parameters::from([("table".into(), Value::Text(table.into()))]);
        let spec = EnvironmentSpec { id: "mdp".into(), parameters };
        let environment = environments::registry::build(&spec).unwrap();
        let solution = Some(agents::planning::exact::solve(environment.model().unwrap(), 0.95));
        let outlook = by_names(&SolvedDraft { environment, solution });
        let found = outlook.solution().unwrap();
        assert!((found.values["s1"] + 8.571_428).abs() < 1e-5 && (found.values["s2"] + 20.0).abs() < 1e-9);
        assert_eq!(found.values.len(), 2, "an end is worth nothing");
        let is_best = |state: &str, action: &str| found.actions[&(state.into(), action.into())].1;
        assert!(is_best("s1", "a11") && !is_best("s1", "a12") && is_best("s2", "a21") && !is_best("s2", "out"));
        assert_eq!(found.actions.len(), 4);
    }
}
