//! Pure. What an attribute asks for, once it is known to make sense.

use std::time::Duration;

use proc_macro2::Span;
use syn::{Expr, LitStr, Path};

/// How one function is measured.
#[derive(Clone)]
pub(crate) struct Plan {
    /// The crate that macro output names, `::sre_core` unless told otherwise.
    pub(crate) root: Path,
    pub(crate) source: Source,
    pub(crate) rule: Rule,
}

/// Where the SLI comes from.
#[derive(Clone)]
pub(crate) enum Source {
    /// A static of the user.
    Static(Path),
    /// A hidden static beside the function.
    Inline(Box<Definition>),
}

/// An SLI written in the attribute itself.
#[derive(Clone)]
pub(crate) struct Definition {
    pub(crate) name: Option<LitStr>,
    pub(crate) objectives: Vec<Objective>,
    pub(crate) period: Option<Period>,
    pub(crate) abandoned: Option<Abandoned>,
}

/// One objective of an inline SLI.
#[derive(Clone)]
pub(crate) enum Objective {
    Availability { target: Expr },
    Latency { at: Span, target: Expr, threshold: Length },
}

/// A duration, read from text or left to the compiler.
#[derive(Clone)]
pub(crate) enum Length {
    Known(Duration),
    Expr(Expr),
}

/// The span that the budgets of an inline SLI are granted for.
#[derive(Clone)]
pub(crate) enum Period {
    Rolling(Duration),
    Calendar { unit: &'static str, zone: String },
    Expr(Expr),
}

/// How abandoned calls of an inline SLI count.
#[derive(Clone)]
pub(crate) enum Abandoned {
    Bad,
    Ignored,
    BadAfter(Length),
}

/// How a return value is judged.
#[derive(Clone)]
pub(crate) struct Rule {
    /// Asked first; what it holds for counts in neither side.
    pub(crate) ignore_if: Option<Expr>,
    pub(crate) verdict: Verdict,
}

/// How a return value that is not ignored is judged.
#[derive(Clone)]
pub(crate) enum Verdict {
    ByType,
    OkIf(Expr),
    ErrorIf(Expr),
    AlwaysOk,
}

impl Rule {
    /// The predicates, for errors that point at them.
    pub(crate) fn predicates(&self) -> impl Iterator<Item = &Expr> {
        let verdict = match &self.verdict {
            Verdict::OkIf(predicate) | Verdict::ErrorIf(predicate) => Some(predicate),
            Verdict::ByType | Verdict::AlwaysOk => None,
        };
        self.ignore_if.iter().chain(verdict)
    }

    /// Whether the type of the return value decides, so that it must be known.
    pub(crate) const fn needs_type(&self) -> bool {
        matches!(self.verdict, Verdict::ByType)
    }

    /// Whether the return value is looked at, so that it must be held.
    pub(crate) const fn needs_value(&self) -> bool {
        !matches!((&self.verdict, &self.ignore_if), (Verdict::AlwaysOk, None))
    }
}
