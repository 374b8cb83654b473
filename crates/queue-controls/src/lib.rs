//! Nothing: this crate is its tests. It exists so that no other crate ever builds the fold with the feature `sabotage`.
