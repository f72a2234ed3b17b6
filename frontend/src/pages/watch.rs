//! Watch: the runs of a relay.
