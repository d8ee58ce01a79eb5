//! How this crate works, for those who work on it or want to know what they pay for.
//!
//! - [Architecture](architecture): what stands where, and the way of one event from guard to scrape.
//! - [The hot path](hot_path): what a request pays for being measured.
//! - [Platforms](platforms): what is tested, and what is missing where.
//! - [Reliability](reliability): what is promised, what the last run of the proofs reached, and the commands.
//! - [The state directory](state_format): the files that are kept, byte by byte.
//! - [Decisions](decisions): what was decided, and what was refused and why.

#[doc = include_str!("../docs/architecture.md")]
pub mod architecture {}

#[doc = include_str!("../docs/hot-path.md")]
pub mod hot_path {}

#[doc = include_str!("../docs/platforms.md")]
pub mod platforms {}

#[doc = include_str!("../docs/reliability.md")]
pub mod reliability {}

#[doc = include_str!("../docs/state-format.md")]
pub mod state_format {}

/// What was decided differently from what one would expect, and why.
pub mod decisions {
    #[doc = include_str!("../docs/decisions/0001-promotion.md")]
    pub mod d0001_promotion {}

    #[doc = include_str!("../docs/decisions/0002-shards-count-events.md")]
    pub mod d0002_shards_count_events {}

    #[doc = include_str!("../docs/decisions/0003-calls-that-hang.md")]
    pub mod d0003_calls_that_hang {}

    #[doc = include_str!("../docs/decisions/0004-the-clock.md")]
    pub mod d0004_the_clock {}

    #[doc = include_str!("../docs/decisions/0005-pausing-withholds-shards.md")]
    pub mod d0005_pausing_withholds_shards {}

    #[doc = include_str!("../docs/decisions/0006-names-and-places.md")]
    pub mod d0006_names_and_places {}

    #[doc = include_str!("../docs/decisions/0011-how-alerts-let-go.md")]
    pub mod d0011_how_alerts_let_go {}

    #[doc = include_str!("../docs/decisions/0012-one-time-line-from-two-clocks.md")]
    pub mod d0012_one_time_line_from_two_clocks {}

    #[doc = include_str!("../docs/decisions/0013-when-a-calendar-budget-is-empty.md")]
    pub mod d0013_when_a_calendar_budget_is_empty {}

    #[doc = include_str!("../docs/decisions/0021-the-attribute-leaves-the-body-whole.md")]
    pub mod d0021_the_attribute_leaves_the_body_whole {}

    #[doc = include_str!("../docs/decisions/0041-a-full-listener-makes-room.md")]
    pub mod d0041_a_full_listener_makes_room {}

    #[doc = include_str!("../docs/decisions/0042-looks-read-what-changed.md")]
    pub mod d0042_looks_read_what_changed {}

    #[doc = include_str!("../docs/decisions/0050-how-state-reaches-the-disk.md")]
    pub mod d0050_how_state_reaches_the_disk {}

    #[doc = include_str!("../docs/decisions/0051-what-is-remembered.md")]
    pub mod d0051_what_is_remembered {}

    #[doc = include_str!("../docs/decisions/0052-what-people-book.md")]
    pub mod d0052_what_people_book {}

    #[doc = include_str!("../docs/decisions/0053-a-month-of-durations.md")]
    pub mod d0053_a_month_of_durations {}

    #[doc = include_str!("../docs/decisions/0054-where-arithmetic-is-checked.md")]
    pub mod d0054_where_arithmetic_is_checked {}
}
