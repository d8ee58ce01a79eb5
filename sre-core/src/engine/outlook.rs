//! Pure. When the forecast of one objective is made anew, and from what.

use core::time::Duration;

use super::account::Account;
use super::past::Past;
use super::shares::Share;
use super::span::BudgetSpan;
use crate::slo::{self, Budget, Forecast, Foresight, Inflow, Reach, Slot};
use crate::units::{EventCounts, Target, saturating_nanos};
use crate::window::Tick;

/// A forecast walks over all slots of the period, so for long periods it is not made each tick.
const INTERVAL_MAX: Duration = Duration::from_secs(10);

/// The rhythm of forecasts: a thousandth of the period, at most ten seconds.
///
/// Objectives of one engine take their turns at different ticks, so that no tick is much longer than others.
#[derive(Clone, Debug)]
pub(super) struct Outlook {
    interval_ns: u64,
    phase_ns: u64,
    due_ns: u64,
    /// Ticks since it was due.
    waited: u32,
    /// Whether the budget was empty at the last look, if there was one.
    is_empty: Option<bool>,
}

/// Ticks that a forecast waits at most: after a sleep all have had their turn by then.
const WAITED_MAX: u32 = 10;

impl Outlook {
    /// The rhythm for a period; its turn follows from the name.
    pub(super) fn new(slo: &str, period: Duration) -> Self {
        let hash = slo.bytes().fold(0_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let interval_ns = saturating_nanos(INTERVAL_MAX.min(period / 1_000)).max(1);
        let phase_ns = hash.wrapping_mul(1_000_000_000) % interval_ns;
        Self { interval_ns, phase_ns, due_ns: 0, waited: 0, is_empty: None }
    }

    /// Whether it is time to look ahead; asked once a tick. Where no forecast is left it waits. But it always is time when
    /// a budget runs out, is there again, or is known no longer, so that no forecast contradicts the budget beside it.
    pub(super) fn is_due(&mut self, tick: Tick, budget: Option<Budget>, forecasts: &mut Share) -> bool {
        let is_empty = budget.map(|budget| budget.remaining() <= 0.0);
        let is_due = tick.elapsed_ns >= self.due_ns;
        // With short periods those before it could take all that is left for ever.
        let is_time = is_due && (forecasts.is_left() || self.waited >= WAITED_MAX);
        if !is_time && is_empty == self.is_empty {
            self.waited = self.waited.saturating_add(u32::from(is_due));
            return false;
        }
        self.waited = 0;
        forecasts.take();
        self.is_empty = is_empty;
        let turns = tick.elapsed_ns.saturating_sub(self.phase_ns) / self.interval_ns + 1;
        self.due_ns = turns.saturating_mul(self.interval_ns).saturating_add(self.phase_ns);
        true
    }
}

/// What is known before the first look.
pub(super) const UNKNOWN: Forecast = Forecast {
    at_5m: Foresight::NoData,
    at_1h: Foresight::NoData,
    seasonal: Foresight::NoData,
    recovery: Foresight::NoData,
};

/// What one look ahead finds.
pub(super) struct Ahead {
    /// When the budget of the events so far will be empty, and when it will be positive again.
    pub(super) forecast: Forecast,
    /// What a calendar period is planned by.
    pub(super) plan: Option<Plan>,
}

/// The budgets of the events that the whole of a calendar unit will have: if traffic goes on as it did so far, and if
/// it repeats its last day; and when the latter will be empty.
pub(super) struct Plan {
    pub(super) projected: Option<Budget>,
    pub(super) forecast: Option<Budget>,
    pub(super) exhaustion: Foresight,
}

/// Looks ahead, with overdue calls in flight as the bad events that they are judged as.
pub(super) fn look(
    past: &Past,
    span: &BudgetSpan,
    account: Option<&Account>,
    target: Target,
    provisional: EventCounts,
) -> Ahead {
    let inflow = |window| {
        let span = past.span(past.units().place(window));
        Inflow::like(span.counts, span.observed)
    };
    let (last_5m, last_1h) = (inflow(Duration::from_secs(300)), inflow(Duration::from_secs(3_600)));
    let now = Duration::from_nanos(past.line().now_ns());
    let read = span.read(past);
    let period = account.map_or(read, |account| account.judge(read, past, span.is_calendar()));
    let counts = period.counts + provisional;
    let (reach, place) = match span {
        BudgetSpan::Rolling { place } => (Reach::Rolling(whole_slots(past, *place)), *place),
        BudgetSpan::Calendar(_) => {
            (Reach::Calendar(period.length.saturating_sub(period.elapsed)), longest(past))
        }
    };
    let mut slots = slots(past, place, now);
    if let (Some(account), BudgetSpan::Rolling { .. }) = (account, span) {
        account.correct(&mut slots, past);
    }
    let known = slo::Past::new(&slots, now, reach, target).counting(counts);
    let plan = span.is_calendar().then(|| {
        let (forecast, exhaustion) = known.planned(last_1h);
        let projected = Budget::projected(counts, target, period.observed, period.length);
        Plan { projected, forecast, exhaustion }
    });
    Ahead { forecast: known.forecast(last_5m, last_1h), plan }
}

fn longest(past: &Past) -> usize {
    past.units().len().saturating_sub(1)
}

/// The length of a window in full slots: after so long a slot has left it.
fn whole_slots(past: &Past, place: usize) -> Duration {
    let slot_ns = past.units().slot_ns(place);
    Duration::from_nanos(past.units().length_ns(place).div_ceil(slot_ns).saturating_mul(slot_ns))
}

fn slots(past: &Past, place: usize, now: Duration) -> Vec<Slot> {
    let length = Duration::from_nanos(past.units().slot_ns(place));
    let slots = past.units().slots(place).map(|(start_ns, counts)| {
        let start = Duration::from_nanos(start_ns);
        // A slot that has just begun is given a second, so that its events have a time to leave again.
        let end = (start + length).min(now.max(start + Duration::from_secs(1)));
        Slot { start, end, counts }
    });
    slots.collect()
}
