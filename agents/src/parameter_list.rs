//! What an agent adds to the parameters of its family.

use shared::parameter::ParameterSpec;

/// The parameters with others behind the one of this name; at the end where there is none.
pub(crate) fn insert_after(parameters: &mut Vec<ParameterSpec>, name: &str, added: Vec<ParameterSpec>) {
    let place = parameters.iter().position(|it| it.name == name).map_or(parameters.len(), |place| place + 1);
    parameters.splice(place..place, added);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::{
        actor_critic, bandit, cross_entropy, dyna_q, dyna_q_plus, gradient_bandit, linear_q_learning, linear_sarsa,
        monte_carlo, n_step_sarsa, policy_iteration, prioritised_sweeping, q_learning, reinforce, sarsa_lambda,
        successor, value_iteration,
    };
    use crate::learner::TableHyperparameters;
    use crate::linear::LinearHyperparameters;
    use crate::n_step::NStepHyperparameters;
    use crate::neural::{a2c, actor, dqn, ppo, reinforce as neural_reinforce};
    use crate::planning::planner::SweepEvery;
    use crate::rate::RateHyperparameters;
    use crate::softmax_policy::CriticHyperparameters;
    use crate::values::traces::TraceHyperparameters;
    use shared::describe::CatalogEntry;
    use shared::parameter::{ParameterError, Parameters, Resolved};

    #[test]
    fn parameters_stand_behind_the_one_that_is_named() {
        let spec = |name: &str| ParameterSpec::flag(name, "Title", true, "Help.");
        let mut parameters = vec![spec("alpha"), spec("gamma")];
        insert_after(&mut parameters, "alpha", vec![spec("lambda"), spec("traces")]);
        insert_after(&mut parameters, "nothing", vec![spec("ties")]);
        let names: Vec<_> = parameters.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["alpha", "lambda", "traces", "gamma", "ties"]);
    }

    /// What an agent reads where nothing is said.
    fn unsaid<P>(entry: &CatalogEntry, read: impl Fn(&Resolved) -> Result<P, ParameterError>) -> P {
        read(&Resolved::new(&entry.parameters, &Parameters::new()).unwrap()).unwrap()
    }

    #[test]
    fn what_is_not_said_is_the_default() {
        macro_rules! holds {
            ($( $agent:ident: $kind:path; )*) => { $({
                type Kind = $kind;
                assert_eq!(unsaid(&$agent::catalog(), Kind::read), Kind::default(), stringify!($agent));
            })* };
        }
        holds! {
            q_learning: TableHyperparameters;
            linear_q_learning: LinearHyperparameters;
            n_step_sarsa: NStepHyperparameters;
            sarsa_lambda: TraceHyperparameters;
            monte_carlo: monte_carlo::CountedVisits;
            dyna_q: dyna_q::PlanningHyperparameters;
            dyna_q_plus: dyna_q_plus::DynaQPlusHyperparameters;
            prioritised_sweeping: prioritised_sweeping::PrioritisedSweepingHyperparameters;
            reinforce: reinforce::ReinforceHyperparameters;
            successor: successor::SuccessorHyperparameters;
            value_iteration: value_iteration::BackupOrder;
            value_iteration: SweepEvery;
            policy_iteration: policy_iteration::PolicyIterationHyperparameters;
            bandit: bandit::BanditHyperparameters;
            gradient_bandit: gradient_bandit::GradientBanditHyperparameters;
            cross_entropy: cross_entropy::CrossEntropyHyperparameters;
            dqn: dqn::DqnHyperparameters;
            ppo: ppo::PpoHyperparameters;
            ppo: actor::ActorHyperparameters;
            a2c: a2c::A2cHyperparameters;
            neural_reinforce: neural_reinforce::NeuralReinforceHyperparameters;
        }
        // Where an agent has defaults of its own, those are read.
        assert_eq!(unsaid(&linear_sarsa::catalog(), NStepHyperparameters::read).n, 1);
        assert_eq!(unsaid(&actor_critic::catalog(), CriticHyperparameters::read).step_size, 0.2);
        let preferring = unsaid(&actor_critic::catalog(), TableHyperparameters::read);
        assert_eq!(preferring, TableHyperparameters { gamma: Some(0.99), ..TableHyperparameters::preferring(0.3) });
        let rate = unsaid(&bandit::catalog(), TableHyperparameters::read).rate;
        assert_eq!(rate, Some(RateHyperparameters::average()));
    }
}
