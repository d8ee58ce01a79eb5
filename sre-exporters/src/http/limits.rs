//! Pure. What one listener spends on its clients, whoever they are.

use std::time::Duration;

use tokio::time::Instant;

/// Connections at a time. The next one takes the place of the one that has kept us waiting longest.
pub(crate) const CONNECTIONS_MAX: usize = 16;

/// Scrapes at a time, from the end of the request to the last byte sent. One more waits for [`QUEUE`] and is then
/// answered with 503. It is also the number of documents that may be wanted at a time, by any number of readers each. Under pressure they share a rendering, and [`CONNECTIONS_MAX`] is all that bounds them.
pub(crate) const SCRAPES_MAX: usize = 4;

/// Request line and headers together, in bytes; more is answered with 431.
pub(crate) const HEAD_BYTES_MAX: usize = 8 * 1_024;

/// Headers of a request; more are answered with 431.
pub(crate) const HEADERS_MAX: usize = 64;

/// From accepting a connection, or from the end of the last answer on it, to the end of a request; and from there
/// to the last byte of the answer. Whoever is slower is disconnected.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Time that a new connection has for its request before a newer one may take its place.
pub(crate) const GRACE: Duration = Duration::from_millis(2);

/// [`GRACE`] under pressure: whoever had to queue has sent the request long before we look.
pub(crate) const GRACE_UNDER_PRESSURE: Duration = Duration::from_millis(1);

/// Time without a byte taken after which a reader of an answer may lose its place. A reader far away takes some only
/// once in a round trip.
pub(crate) const STALL: Duration = Duration::from_millis(100);

/// [`STALL`] under pressure: when many places change hands, far readers lose to near ones.
pub(crate) const STALL_UNDER_PRESSURE: Duration = Duration::from_millis(2);

/// The same for a reader that has been reading, and may have lost its processor for a moment.
pub(crate) const PAUSE_UNDER_PRESSURE: Duration = Duration::from_millis(10);

/// Age of a rendering that a scrape gets under pressure, so that rendering is not what keeps us busy.
pub(crate) const STALE_UNDER_PRESSURE: Duration = Duration::from_millis(250);

/// Places taken away, looks for one in vain, and scrapes that have to wait, within the last one or two seconds that mean pressure.
pub(crate) const PRESSURE_NOTES: u32 = 16;

/// Longest time between two looks for a place for the same newcomer.
pub(crate) const ADMIT_STEP: Duration = Duration::from_millis(2);

/// Time that a scrape too many waits for another one to end or to stall.
pub(crate) const QUEUE: Duration = Duration::from_millis(150);

/// Time that a reader waits for a rendering of somebody else's to end, so that its own may begin. Then comes 503, and
/// before [`PATIENCE`] ends.
pub(crate) const TURN: Duration = Duration::from_secs(3);

/// What an answer may take that is as good as made, at most half of the time that the scraper gives us.
pub(crate) const DELIVERY: Duration = Duration::from_millis(500);

/// Bytes of an answer that the kernel keeps for a reader; Linux allots twice as many. Without a bound it would take
/// megabytes for each, and the time to copy them, before we knew a reader to be slow.
pub(crate) const SEND_BYTES_MAX: u32 = 64 * 1_024;

/// Connections that the kernel keeps for us until we accept them.
pub(crate) const BACKLOG: u32 = 1_024;

/// Time between two attempts to bind an address that was busy.
pub(crate) const REBIND: Duration = Duration::from_secs(1);

/// When a patience ends that begins `now`; one that no clock reaches ends in a year.
pub(crate) fn deadline(now: Instant, patience: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(31_536_000);
    now.checked_add(patience).or_else(|| now.checked_add(YEAR)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_patience_is_too_long_for_a_deadline() {
        let now = Instant::now();
        assert_eq!(deadline(now, PATIENCE).duration_since(now), PATIENCE);
        assert!(deadline(now, Duration::MAX).duration_since(now) > Duration::from_secs(86_400));
    }
}
