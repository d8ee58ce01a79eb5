//! Pure. From arguments as written to a plan that makes sense, or errors that point at the reason.

use std::time::Duration;

use proc_macro2::Span;
use syn::{Error, Expr, ExprLit, ExprUnary, Lit, LitStr, Path, Result, UnOp, parse_quote};

use crate::args::{AbandonedArg, Args, Given, LatencyArg};
use crate::duration::{self, PERIOD_RANGE, THRESHOLD_MAX};
use crate::model::{Abandoned, Definition, Length, Objective, Period, Plan, Rule, Source, Verdict};

const THRESHOLD_RANGE: &str = "1ns and 24h: it is the longest duration of a good event";
/// As in `sre_core`.
const OBJECTIVES_MAX: usize = 8;
const DURATION_USAGE: &str =
    "write whole numbers with units (w d h m s ms us ns), such as \"250ms\" or \"1h30m\"";
const PERIOD_USAGE: &str =
    "write \"30d\", or a unit of the calendar with a time zone, such as \"month Europe/Berlin\"";

/// Checks everything and reports everything that is wrong, not only the first.
pub(crate) fn plan(args: Args) -> Result<Plan> {
    let mut errors = Errors::default();
    let root = args.root.clone().unwrap_or_else(|| parse_quote!(::sre_core));
    let rule = errors.take(rule(&args));
    let source = errors.take(source(args));
    match (source, rule, errors.finish()) {
        (Some(source), Some(rule), Ok(())) => Ok(Plan { root, source, rule }),
        (_, _, Err(error)) => Err(error),
        (_, _, Ok(())) => Err(Error::new(Span::call_site(), "these arguments cannot be combined")),
    }
}

fn source(args: Args) -> Result<Source> {
    match args.path.clone() {
        Some(path) => check_alone(&args, &path).map(|()| Source::Static(path)),
        None => definition(args).map(Box::new).map(Source::Inline),
    }
}

/// A static says everything about its SLI itself.
fn check_alone(args: &Args, path: &Path) -> Result<()> {
    if path.segments.first().is_some_and(|segment| segment.ident == "Self") {
        return Err(Error::new_spanned(
            path,
            "an SLI is a `static`, not an item of a type: name it by its path",
        ));
    }
    let name = path.segments.last().map_or_else(String::new, |segment| segment.ident.to_string());
    let given = [&args.name, &args.availability, &args.period];
    let keys = given.into_iter().flatten().map(|given| given.key);
    let keys = keys.chain(args.latencies.iter().map(|latency| latency.key));
    let keys = keys.chain(args.abandoned.as_ref().map(AbandonedArg::span));
    let mut errors = Errors::default();
    for key in keys {
        errors.push(Error::new(
            key,
            format!("`{name}` says this itself: change the static, or leave out its path"),
        ));
    }
    errors.finish()
}

fn definition(args: Args) -> Result<Definition> {
    let mut errors = Errors::default();
    let has_objectives = args.availability.is_some() || !args.latencies.is_empty();
    if let Some(given) = &args.period
        && !has_objectives
    {
        errors.push(Error::new(
            given.key,
            "a period belongs to objectives: add `availability = 0.999` or `latency(0.99, \"300ms\")`",
        ));
    }
    let name = args.name.and_then(|given| errors.take(name(given)));
    let mut objectives = Vec::new();
    objectives.extend(args.availability.and_then(|given| errors.take(availability(given))));
    for arg in args.latencies {
        objectives.extend(errors.take(latency(arg)));
    }
    let period = args.period.and_then(|given| errors.take(period(given)));
    let abandoned = args.abandoned.and_then(|arg| errors.take(abandoned(arg)));
    errors.push_all(repeated_thresholds(&objectives));
    if objectives.len() > OBJECTIVES_MAX {
        errors.push(Error::new(Span::call_site(), "an SLI has at most 8 objectives"));
    }
    errors.finish()?;
    Ok(Definition { name, objectives, period, abandoned })
}

fn name(given: Given) -> Result<LitStr> {
    let Some(text) = as_text(&given.value) else {
        return Err(Error::new_spanned(
            &given.value,
            "write the name as text, such as `name = \"checkout\"`",
        ));
    };
    if !is_name(&text.value()) {
        let message =
            "the name of an SLI has 1 to 120 characters, a-z A-Z 0-9 or inside also . _ - such as checkout";
        return Err(Error::new(text.span(), message));
    }
    Ok(text.clone())
}

/// The rule of `Sli::new`, here to point at the text.
fn is_name(name: &str) -> bool {
    let is_edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    is_edge(name.chars().next())
        && is_edge(name.chars().last())
        && name.chars().all(is_inner)
        && name.len() <= 120
}

fn availability(given: Given) -> Result<Objective> {
    check_target(&given.value)?;
    Ok(Objective::Availability { target: given.value })
}

fn latency(arg: LatencyArg) -> Result<Objective> {
    check_target(&arg.target)?;
    let threshold =
        length(&arg.threshold, "threshold", (Duration::from_nanos(1), THRESHOLD_MAX), THRESHOLD_RANGE)?;
    Ok(Objective::Latency { target: arg.target, threshold, at: arg.key })
}

/// Literals are checked here, so that the error points at them; constants are checked by the constructor.
fn check_target(target: &Expr) -> Result<()> {
    let refuse = |text: &dyn std::fmt::Display| {
        let message =
            format!("target {text} must lie between 0 and 1, both excluded: write 0.999 for 99.9 percent");
        Err(Error::new_spanned(target, message))
    };
    match target {
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => match number.base10_parse::<f64>() {
            Ok(value) if is_target(value) => Ok(()),
            _ => refuse(number),
        },
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => refuse(number),
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => refuse(&text.token()),
        Expr::Lit(ExprLit { lit, .. }) => refuse(&quote::ToTokens::to_token_stream(lit)),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) if matches!(**expr, Expr::Lit(_)) => {
            refuse(&format!("-{}", quote::ToTokens::to_token_stream(expr)))
        }
        _ => Ok(()),
    }
}

/// Rounded to parts per billion, as the engine keeps it.
fn is_target(value: f64) -> bool {
    let ppb = (value * 1e9).round();
    (1.0..=999_999_999.0).contains(&ppb)
}

/// Text is read and checked here; any other expression is left to the compiler.
fn length(value: &Expr, what: &str, (min, max): (Duration, Duration), range: &str) -> Result<Length> {
    let Expr::Lit(literal) = value else {
        return Ok(Length::Expr(value.clone()));
    };
    let Lit::Str(text) = &literal.lit else {
        return Err(Error::new_spanned(value, format!("a {what} is text or a `Duration`: {DURATION_USAGE}")));
    };
    let Some(duration) = duration::parse(&text.value()) else {
        let message = format!("\"{}\" is not a duration: {DURATION_USAGE}", text.value());
        return Err(Error::new(text.span(), message));
    };
    if duration < min || duration > max {
        let message = format!("{what} \"{}\" must lie between {range}", text.value());
        return Err(Error::new(text.span(), message));
    }
    Ok(Length::Known(duration))
}

fn period(given: Given) -> Result<Period> {
    let Some(text) = as_text(&given.value) else {
        return match given.value {
            Expr::Lit(value) => Err(Error::new_spanned(value, PERIOD_USAGE)),
            value => Ok(Period::Expr(value)),
        };
    };
    let value = text.value();
    if let Some(calendar) = calendar(value.trim()) {
        return Ok(calendar);
    }
    let Some(duration) = duration::parse(&value) else {
        return Err(Error::new(text.span(), format!("\"{value}\" is not a period: {PERIOD_USAGE}")));
    };
    check_period(duration, &value).map_err(|message| Error::new(text.span(), message))?;
    Ok(Period::Rolling(duration))
}

fn check_period(duration: Duration, text: &str) -> std::result::Result<(), String> {
    let (min, max) = PERIOD_RANGE;
    if duration < min || duration > max {
        return Err(format!("period \"{text}\" must lie between 1m and 92d"));
    }
    if duration < Duration::from_secs(86_400) {
        return Err(
            "a period below 1d needs alert tiers of its own: declare a `static` SLI whose objectives call \
                    `.period(..)` and `.tiers(..)`, and name it here"
                .to_owned(),
        );
    }
    Ok(())
}

fn calendar(text: &str) -> Option<Period> {
    let (word, zone) = text.split_once(' ').unwrap_or((text, "UTC"));
    let unit = match word {
        "day" => "Day",
        "week" => "IsoWeek",
        "month" => "Month",
        "quarter" => "Quarter",
        "year" => "Year",
        _ => return None,
    };
    Some(Period::Calendar { unit, zone: zone.trim().to_owned() })
}

fn abandoned(arg: AbandonedArg) -> Result<Abandoned> {
    match arg {
        AbandonedArg::Bad(_) => Ok(Abandoned::Bad),
        AbandonedArg::Ignored(_) => Ok(Abandoned::Ignored),
        AbandonedArg::BadAfter(given) => {
            let range = (Duration::from_nanos(1), THRESHOLD_MAX);
            length(&given.value, "limit", range, "1ns and 24h: abandoned later than that, a call is bad")
                .map(Abandoned::BadAfter)
        }
    }
}

/// Two latency objectives with one threshold would be two SLOs under one name.
fn repeated_thresholds(objectives: &[Objective]) -> Vec<Error> {
    let known = objectives.iter().filter_map(|objective| match objective {
        Objective::Latency { at, threshold: Length::Known(threshold), .. } => Some((*at, *threshold)),
        _ => None,
    });
    let mut seen = Vec::new();
    let mut errors = Vec::new();
    for (at, threshold) in known {
        if seen.contains(&threshold) {
            let message =
                format!("two objectives have the threshold {threshold:?}: keep one, or change a threshold");
            errors.push(Error::new(at, message));
        }
        seen.push(threshold);
    }
    errors
}

fn rule(args: &Args) -> Result<Rule> {
    let mut errors = Errors::default();
    for given in [&args.ok_if, &args.error_if, &args.ignore_if].into_iter().flatten() {
        errors.take(check_predicate(&given.value));
    }
    let verdict = match (&args.ok_if, &args.error_if, args.always_ok) {
        (None, None, None) => Verdict::ByType,
        (Some(ok_if), None, None) => Verdict::OkIf(ok_if.value.clone()),
        (None, Some(error_if), None) => Verdict::ErrorIf(error_if.value.clone()),
        (None, None, Some(_)) => Verdict::AlwaysOk,
        (Some(_), Some(error_if), _) => {
            errors.push(Error::new(
                error_if.key,
                "`ok_if` and `error_if` both decide alone: keep one; `ignore_if` goes with either",
            ));
            Verdict::ByType
        }
        (Some(given), None, Some(_)) | (None, Some(given), Some(_)) => {
            errors.push(Error::new(given.key, "`always_ok` leaves nothing to decide: keep one of the two"));
            Verdict::ByType
        }
    };
    errors.finish()?;
    Ok(Rule { ignore_if: args.ignore_if.as_ref().map(|given| given.value.clone()), verdict })
}

fn check_predicate(predicate: &Expr) -> Result<()> {
    let usage =
        "a predicate takes a reference to the return value: write `|result| ...` or the path of a function";
    match predicate {
        Expr::Path(_) | Expr::Macro(_) => Ok(()),
        Expr::Closure(closure) if closure.inputs.len() == 1 && closure.asyncness.is_none() => Ok(()),
        Expr::Closure(closure) if closure.inputs.is_empty() => Err(Error::new_spanned(predicate, usage)),
        Expr::Closure(closure) => Err(Error::new_spanned(&closure.inputs, usage)),
        other => Err(Error::new_spanned(other, usage)),
    }
}

fn as_text(value: &Expr) -> Option<&LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        _ => None,
    }
}

/// Errors found so far, as one.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    /// Adds one.
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    fn push_all(&mut self, errors: impl IntoIterator<Item = Error>) {
        for error in errors {
            self.push(error);
        }
    }

    /// Keeps the error, hands out the value.
    pub(crate) fn take<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// All of them, when there were any.
    pub(crate) fn finish(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
