//! Windows of the past: calendar boundaries and time slices.

mod calendar;

pub use calendar::{Calendar, CalendarSpan, CalendarUnit};

/// What a slice without events is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EmptySlice {
    /// Good; inflates the result of services with little traffic.
    Good,
    /// Not counted.
    #[default]
    Skip,
    /// Bad; for work that must happen.
    Bad,
    /// What the slice before it was; not counted when there is none.
    CarryLast,
}
