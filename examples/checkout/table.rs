//! Pure. A report as a table of text: objectives, burn per window, budget, tier, and when it will be empty.

use sre_core::alert::AlertState;
use sre_core::report::{ObjectiveReport, Report, TierReport, WindowReport};
use sre_core::slo::Foresight;
use sre_examples::words::{percent, spoken};

/// Whether text has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Plain,
    Coloured,
}

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Good,
    Uneasy,
    Bad,
    Aside,
}

impl Ink {
    pub(crate) fn paint(self, mood: Mood, text: &str) -> String {
        let code = match mood {
            Mood::Good => "32",
            Mood::Uneasy => "33",
            Mood::Bad => "1;31",
            Mood::Aside => "2",
        };
        match self {
            Self::Plain => text.to_owned(),
            Self::Coloured => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }
}

/// The rows of the table, its head first.
pub(crate) fn rows(report: &Report, ink: Ink) -> Vec<String> {
    let objectives = || report.slis.iter().flat_map(|sli| &sli.objectives);
    let head = objectives().next().map(|first| ink.paint(Mood::Aside, &head(first)));
    head.into_iter().chain(objectives().map(|objective| row(objective, ink))).collect()
}

fn head(objective: &ObjectiveReport) -> String {
    let burn: String = shown(objective).map(|window| format!("{:>4}", window.text)).collect();
    format!("{:<22}{burn}  {:<12}{:<15}EMPTY IN", "SLO  (burn per window)", "BUDGET LEFT", "TIER")
}

fn row(objective: &ObjectiveReport, ink: Ink) -> String {
    let burn: String = shown(objective).map(|window| burn(objective, window, ink)).collect();
    let (slo, budget, tier) = (&objective.slo, budget(objective, ink), tier(objective, ink));
    format!("{slo:<22}{burn}  {budget}{tier}{}", empty_in(objective))
}

/// The windows of the tiers, and the period.
fn shown(objective: &ObjectiveReport) -> impl Iterator<Item = &WindowReport> {
    let period = objective.windows.last().map(|window| window.length);
    let is_of_a_tier = |window: &WindowReport| {
        objective.tiers.iter().any(|tier| [tier.long, tier.short].contains(&window.length))
    };
    objective.windows.iter().filter(move |window| is_of_a_tier(window) || Some(window.length) == period)
}

fn burn(objective: &ObjectiveReport, window: &WindowReport, ink: Ink) -> String {
    let Some(burn) = window.burn.map(|burn| burn.get()) else { return format!("{:>4}", "-") };
    let text = if burn < 9.95 { format!("{burn:>4.1}") } else { format!("{burn:>4.0}") };
    let of_window = |tier: &&TierReport| [tier.long, tier.short].contains(&window.length);
    let is_above = objective.tiers.iter().find(of_window).is_some_and(|tier| burn > tier.factor);
    if is_above { ink.paint(Mood::Bad, &text) } else { text }
}

/// `███░░  62 %`; a dash while there are so few events that one more error would change everything.
fn budget(objective: &ObjectiveReport, ink: Ink) -> String {
    const CELLS: usize = 5;
    let budget = objective.budget.filter(|_| !is_young(objective));
    let Some(budget) = budget else { return format!("{:<12}", "-") };
    let left = budget.remaining_clamped();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the cells")]
    let full = (left * CELLS as f64).ceil() as usize;
    let bar = "█".repeat(full) + &"░".repeat(CELLS.saturating_sub(full));
    let mood = match left {
        left if left > 0.5 => Mood::Good,
        left if left > 0.0 => Mood::Uneasy,
        _ => Mood::Bad,
    };
    format!("{} {:<6}", ink.paint(mood, &bar), percent(left, 0))
}

/// The most urgent tier that fires, else the worst state of any.
fn tier(objective: &ObjectiveReport, ink: Ink) -> String {
    let worst = objective.tiers.iter().max_by_key(|tier| (tier.state, tier.severity));
    let Some(tier) = worst.filter(|tier| tier.state != AlertState::Ok) else {
        return ink.paint(Mood::Good, &format!("{:<15}", "ok"));
    };
    let mood = if tier.state == AlertState::Firing { Mood::Bad } else { Mood::Uneasy };
    let text = format!("{} {}", tier.severity.as_str(), tier.state.as_str());
    ink.paint(mood, &format!("{text:<15}"))
}

/// Whether fewer than [`FEW`] events were counted in the period.
fn is_young(objective: &ObjectiveReport) -> bool {
    objective.counts.total() < FEW
}

/// Events that say nothing yet about a budget.
const FEW: u64 = 100;

fn empty_in(objective: &ObjectiveReport) -> String {
    if is_young(objective) {
        return "-".to_owned();
    }
    if objective.budget.is_some_and(|budget| budget.remaining() <= 0.0) {
        return match objective.forecast.recovery {
            Foresight::After(wait) if !wait.is_zero() => format!("now; back in {}", spoken(wait)),
            _ => "now".to_owned(),
        };
    }
    match objective.forecast.soonest() {
        Foresight::After(wait) => spoken(wait),
        Foresight::Never => "lasts".to_owned(),
        Foresight::NoData => "no data".to_owned(),
    }
}
