//! What a viewer knows of one run, folded from its stream.
