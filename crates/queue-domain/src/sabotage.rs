//! One deliberately broken rule a build, for the negative controls of the checker.
