//! Pure. The course of a scenario, or of the part that matters, as text: at most 100 columns and 20 lines, without colours.

use core::fmt;

use super::fault::{Fault, Kind};
use super::finding::text;
use super::replayed::{Change, ObjectiveReplayed, Replayed};
use super::track::{COLUMNS, column};
use crate::alert::AlertState;
use crate::report::TierReport;
use crate::units::duration_text;

/// Lines of the plot itself.
const ROWS: usize = 8;

/// The burn rate at the bottom of the plot; what is lower shows as nothing.
const BOTTOM: f64 = 0.1;

/// Tiers that have a line of their own.
const TIERS_MAX: usize = 6;

/// How faults look that hit calls.
const CALLS: char = '▒';

/// Parts of a line that is filled from below.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One tier in the course of a scenario.
pub(super) struct Chart<'a> {
    replayed: &'a Replayed,
    objective: &'a ObjectiveReplayed,
    tiers: &'a [TierReport],
    place: usize,
}

impl<'a> Chart<'a> {
    /// The chart of a tier of an objective, or of the first one; `None` where nothing is judged.
    pub(super) fn new(replayed: &'a Replayed, slo: Option<&str>, tier: Option<&str>) -> Option<Self> {
        let objective = slo.and_then(|slo| replayed.objective(slo)).or(replayed.objectives.first())?;
        let tiers = &objective.end()?.tiers;
        let named = tier.and_then(|tier| tiers.iter().position(|other| *other.name == *tier));
        let place = named.filter(|place| *place < objective.track.tiers.len()).unwrap_or(0);
        (place < objective.track.tiers.len()).then_some(Self { replayed, objective, tiers, place })
    }

    fn title(&self, f: &mut fmt::Formatter<'_>, tier: &TierReport) -> fmt::Result {
        let (long, short) = (duration_text(tier.long), duration_text(tier.short));
        let title = format!(
            "burn over both {long} and {short} of {}: tier {} fires above {}",
            self.objective.slo, tier.name, tier.factor
        );
        writeln!(f, "{}", title.chars().take(100).collect::<String>())
    }

    /// From the top down: how high each part burned, with a dashed line at the factor.
    fn plot(&self, f: &mut fmt::Formatter<'_>, factor: f64) -> fmt::Result {
        let values = self.objective.track.burns(self.place);
        let top = values.iter().fold(factor * 1.5, |top, value| top.max(*value));
        let height = |value: f64| height(value, top);
        let threshold = row_of(height(factor));
        for row in (0..ROWS).rev() {
            let label = match row {
                _ if row == threshold => number(factor),
                row if row + 1 == ROWS => number(top),
                0 => number(BOTTOM),
                _ => String::new(),
            };
            let line: String =
                values.iter().map(|value| cell(height(*value), row, row == threshold)).collect();
            writeln!(f, "{label:>13} │{}", line.trim_end())?;
        }
        Ok(())
    }

    /// When a tier fired, and when one of its windows was above the factor.
    fn states(&self, tier: &TierReport) -> String {
        let mut columns = [AlertState::Ok; COLUMNS];
        let changes: Vec<&Change> =
            self.objective.changes.iter().filter(|change| change.tier == tier.name).collect();
        for (place, change) in changes.iter().enumerate() {
            let until = changes.get(place + 1).map_or(self.replayed.length, |next| next.at);
            for state in self.columns(&mut columns, change.at.as_secs(), until.as_secs()) {
                *state = (*state).max(change.to);
            }
        }
        let mark = |state: &AlertState| match state {
            AlertState::Ok => ' ',
            AlertState::Pending => '·',
            AlertState::Firing => '█',
        };
        columns.iter().map(mark).collect()
    }

    /// When something went wrong: with calls, or by its letter with the process, which is seen above that.
    fn faults(&self) -> String {
        let length = self.replayed.length.as_secs();
        let mut columns = [' '; COLUMNS];
        let mut faults: Vec<_> = self.replayed.causes.iter().map(|fault| (fault, mark_of(fault))).collect();
        faults.sort_by_key(|(_, mark)| *mark != CALLS);
        for (fault, letter) in faults {
            let end = fault.end().unwrap_or(length).min(length);
            self.columns(&mut columns, fault.at + 1, end.max(fault.at + 1)).for_each(|mark| *mark = letter);
        }
        columns.iter().collect()
    }

    /// The parts from one second to another, as far as they are drawn.
    fn columns<'c, T>(
        &self,
        columns: &'c mut [T; COLUMNS],
        from: u64,
        to: u64,
    ) -> impl Iterator<Item = &'c mut T> {
        let span = self.objective.track.span;
        let is_seen = from <= span.1 && to >= span.0;
        let drawn = columns.get_mut(column(from, span)..=column(to, span)).filter(|_| is_seen);
        drawn.into_iter().flatten()
    }

    /// The times at both ends and in the middle, and what is not drawn.
    fn axis(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((from, to), length) = (self.objective.track.span, self.replayed.length.as_secs());
        let (half, end, middle) = (COLUMNS / 2, text(to), text(u64::midpoint(from, to)));
        let rest = half.saturating_sub(end.chars().count());
        write!(f, "{:>15}{:<half$}{middle:<rest$}{end}", text(from), "")?;
        match (from, length.saturating_sub(to)) {
            (0, 0) => Ok(()),
            (before, after) => {
                let (before, after) = (text(before), text(after));
                write!(f, "\n{:>15}cut away: {before} before, {after} after, of {}", "", text(length))
            }
        }
    }
}

impl fmt::Display for Chart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(tier) = self.tiers.get(self.place) else { return Ok(()) };
        self.title(f, tier)?;
        self.plot(f, tier.factor)?;
        for tier in self.tiers.iter().filter(|tier| tier.reachable).take(TIERS_MAX) {
            let label = format!("tier {} {}", tier.name, tier.severity.as_str());
            writeln!(f, "{label:>13} │{}", self.states(tier).trim_end())?;
        }
        if !self.replayed.causes.is_empty() {
            writeln!(f, "{:>13} │{}", "faults", self.faults().trim_end())?;
        }
        writeln!(f, "{:>13} └{}", "", "─".repeat(COLUMNS))?;
        self.axis(f)
    }
}

/// A restart or kill, a step of the clock, a suspend, or something that hits calls.
const fn mark_of(fault: &Fault) -> char {
    match fault.kind {
        Kind::Restart { .. } => 'R',
        Kind::ClockStep { .. } => 'C',
        Kind::Suspend => 'S',
        Kind::Calls { .. } | Kind::Hanging { .. } => CALLS,
    }
}

/// In eighths of a line, by the logarithm.
fn height(value: f64, top: f64) -> usize {
    let eighths = (value / BOTTOM).ln() / (top / BOTTOM).ln() * lines_as_f64();
    if value > BOTTOM { whole(eighths).clamp(1, ROWS * 8) } else { 0 }
}

const fn row_of(height: usize) -> usize {
    let row = height.saturating_sub(1) / 8;
    if row < ROWS { row } else { ROWS - 1 }
}

fn cell(height: usize, row: usize, is_threshold: bool) -> char {
    match height.saturating_sub(row * 8).min(8) {
        0 if is_threshold => '╌',
        eighths => EIGHTHS.get(eighths).copied().unwrap_or(' '),
    }
}

/// Three digits are enough for a label.
fn number(value: f64) -> String {
    let digits = if value < 10.0 { 100.0 } else { 10.0 };
    ((value * digits).round() / digits).to_string()
}

#[expect(clippy::cast_precision_loss, reason = "a small constant")]
const fn lines_as_f64() -> f64 {
    (ROWS * 8) as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, which is what is wanted"
)]
fn whole(eighths: f64) -> usize {
    eighths.ceil() as usize
}
