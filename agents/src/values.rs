//! What agents keep and show: tables, linear functions over features, eligibility traces.

pub mod best;
pub mod coder;
pub mod table;
pub mod table_view;
pub mod traces;
