//! Pure. Latency histograms: where a value goes, what frozen counts can answer, how they travel.
//!
//! Values are nanoseconds. Buckets are log-linear: each power of two is cut into equal parts, so a bucket is
//! as wide as its values are large and the relative error is bounded over the whole `u64` range.

mod blocks;
mod classic;
mod codec;
mod cumulative;
mod exponential;
#[cfg(feature = "hdrhistogram")]
pub mod hdr;
mod hours;
mod intervals;
mod layout;
mod reading;
mod recorder;
mod snapshot;
mod steps;

pub use crate::error::DecodeError;
pub use classic::classic_bounds_ns;
pub(crate) use classic::{CLASSIC_BOUNDS, classic_bucket};
pub use cumulative::Cumulative;
pub use exponential::Exponential;
pub(crate) use hours::{Bytes, Hours, Stretch};
pub use intervals::Intervals;
pub use layout::{Layout, bucket_index};
pub(crate) use reading::{Tally, Totals};
pub(crate) use recorder::{Plan, Recorder, Thresholds};
pub use snapshot::{Bucket, Snapshot};
