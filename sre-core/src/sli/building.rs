//! Pure. How an SLI is defined: the same words for a single one and for a family.

/// Constructors and builder methods of a type with a field `definition` and a `const fn unregistered(Definition)`.
///
/// They must be `const`, for statics, and a trait has no `const` methods.
macro_rules! building {
    () => {
        /// An SLI of this name, without objectives yet.
        ///
        /// # Panics
        ///
        /// When the name is not made of 1 to 120 letters and digits, inside also `.`, `_` and `-`. In a `const` or
        /// `static` that is a compile error. Names from outside go through [`Self::try_new`].
        #[must_use]
        #[track_caller]
        pub const fn new(name: &'static str) -> Self {
            Self::unregistered(Definition::new(name))
        }

        /// An SLI whose name comes from outside the program. The name is kept for the life of the process.
        ///
        /// # Errors
        ///
        /// [`Error::SliName`] when the name is not made of 1 to 120 letters and digits, inside also `.`, `_`, `-`.
        #[track_caller]
        pub fn try_new(name: &str) -> Result<Self, Error> {
            Definition::try_new(name).map(Self::unregistered)
        }

        /// Adds an objective.
        ///
        /// # Panics
        ///
        /// With the ninth objective, a second one of the same name, or one whose period and tiers do not fit
        /// together. In a `const` or `static` that is a compile error; objectives from outside go through
        /// [`Self::try_objective`].
        #[must_use]
        pub const fn objective(mut self, objective: Objective) -> Self {
            self.definition = self.definition.objective(objective);
            self
        }

        /// Adds an objective that comes from outside the program.
        ///
        /// # Errors
        ///
        /// [`Error::TooManyObjectives`] with the ninth one, and the errors of [`slo::check`](crate::slo::check).
        pub fn try_objective(mut self, objective: Objective) -> Result<Self, Error> {
            self.definition = self.definition.try_objective(objective)?;
            Ok(self)
        }

        /// Says how abandoned calls count, see [`AbandonedPolicy`].
        #[must_use]
        pub const fn abandoned(mut self, policy: AbandonedPolicy) -> Self {
            self.definition = self.definition.abandoned(policy);
            self
        }

        /// Chooses finer histogram buckets. Only the default has the fast path for hot threads.
        #[must_use]
        pub const fn precision(mut self, layout: Layout) -> Self {
            self.definition = self.definition.precision(layout);
            self
        }

        /// Keeps an Apdex: callers are satisfied up to `satisfied`, and tolerate four times as long.
        #[must_use]
        pub const fn apdex(mut self, satisfied: Duration) -> Self {
            self.definition = self.definition.apdex(satisfied);
            self
        }

        /// What it is called and what it promises, on paper.
        #[must_use]
        pub const fn definition(&self) -> &Definition {
            &self.definition
        }

        /// The name.
        #[must_use]
        pub const fn name(&self) -> &'static str {
            self.definition.name()
        }
    };
}

pub(crate) use building;
