//! What is measured: outcomes, and the SLIs that count them.

mod availability;
mod classify;
mod definition;
pub(crate) mod dispatch;
mod endings;
mod exemplar;
pub(crate) mod family;
mod guard;
mod handle;
pub(crate) mod in_flight;
mod labelled;
pub(crate) mod labels;
mod latency;
mod lookup;
mod outcome;
mod owned;
pub(crate) mod place_name;
mod policy;
mod published;
pub(crate) mod series;

pub(crate) use availability::availability;
pub use classify::Classify;
pub use definition::{Definition, OBJECTIVES_MAX};
pub(crate) use exemplar::newest_of_each;
pub use exemplar::{Exemplar, KeptExemplar};
pub use family::{MEMBERS_MAX, OVERFLOW};
pub use guard::Call;
pub use handle::Sli;
pub use labelled::SliFamily;
pub use labels::{Identity, LabelValue, Labels};
pub(crate) use latency::latency;
pub use outcome::{Abandoned, Outcome, Verdict};
pub use owned::OwnedCall;
pub use policy::AbandonedPolicy;
pub(crate) use published::Published;
