//! Planning with a model, exact or learned, and the optimal solution that learning is measured against.

pub mod dynamic_programming;
pub mod exact;
pub mod learned_model;
pub mod planner;
pub mod queue;
