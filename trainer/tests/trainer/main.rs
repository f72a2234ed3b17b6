//! The trainer as a process of its own, alone and with the relay as another one.

mod commands;
mod harness;
mod publishing;
mod training;
