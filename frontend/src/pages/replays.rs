//! Replays: the kept episodes, step by step, forward and back.
