//! Pure. What can be replayed.

use crate::error::Error;
use crate::sli::{Definition, Labels, Sli, SliFamily};
use crate::slo::Objective;

/// What a scenario is played to: an SLI with all its objectives, its definition, a family as a whole, or an objective
/// of its own.
pub trait Subject: private::Sealed {
    /// What is judged, without counters.
    ///
    /// # Errors
    ///
    /// Those of [`slo::check`](crate::slo::check) for an objective that cannot be judged.
    fn subject(&self) -> Result<Definition, Error>;
}

mod private {
    use super::{Definition, Labels, Objective, Sli, SliFamily};

    #[expect(unnameable_types, reason = "sealed")]
    pub trait Sealed {}
    impl Sealed for Sli {}
    impl<L: Labels> Sealed for SliFamily<L> {}
    impl Sealed for Definition {}
    impl Sealed for Objective {}
}

impl Subject for Sli {
    fn subject(&self) -> Result<Definition, Error> {
        Ok(*self.definition())
    }
}

impl<L: Labels> Subject for SliFamily<L> {
    fn subject(&self) -> Result<Definition, Error> {
        Ok(*self.definition())
    }
}

impl Subject for Definition {
    fn subject(&self) -> Result<Definition, Error> {
        Ok(*self)
    }
}

impl Subject for Objective {
    /// An SLI called `replayed` that has this objective alone.
    fn subject(&self) -> Result<Definition, Error> {
        Definition::try_new("replayed")?.try_objective(*self)
    }
}
