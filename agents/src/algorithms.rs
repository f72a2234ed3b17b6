//! The algorithms with tables and linear functions, one file each: the update rule with its equation and source.

pub mod actor_critic;
pub mod bandit;
pub mod cross_entropy;
pub mod double_q_learning;
pub mod dyna_q;
pub mod dyna_q_plus;
pub mod expected_sarsa;
pub mod gradient_bandit;
pub mod greedy_table;
pub mod linear_q_learning;
pub mod linear_sarsa;
pub mod linear_sarsa_lambda;
pub mod monte_carlo;
pub mod n_step_sarsa;
pub mod off_policy_monte_carlo;
pub mod policy_iteration;
pub mod prioritised_sweeping;
pub mod q_learning;
pub mod random;
pub mod reinforce;
pub mod sarsa;
pub mod sarsa_lambda;
pub mod successor;
pub mod tree_backup;
pub mod value_iteration;
pub mod watkins_q_lambda;
