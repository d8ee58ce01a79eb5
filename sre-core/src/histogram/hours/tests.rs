use core::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::histogram::Layout;

const NOW: u32 = 472_000;
const DAY: u32 = 24;
const MONTH: u32 = 720;

fn of(millis: impl IntoIterator<Item = u64>) -> Snapshot {
    Snapshot::from_durations(Layout::BITS_6, millis.into_iter().map(Duration::from_millis))
}

fn seen(hours: &Hours, until: u32, length: u32) -> Stretch {
    hours.before(until, &[length]).remove(0)
}

/// Pseudo-random numbers (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    #[expect(clippy::cast_precision_loss, reason = "53 bits are enough")]
    fn share(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller.
    fn normal(&mut self) -> f64 {
        (-2.0 * self.share().ln()).sqrt() * (core::f64::consts::TAU * self.share()).cos()
    }

    fn log_normal(&mut self, deviation: f64) -> Duration {
        Duration::from_secs_f64(0.05 * (deviation * self.normal()).exp())
    }
}

fn busy_hour(dice: &mut Dice, deviation: f64, calls: u64) -> Snapshot {
    Snapshot::from_durations(Layout::BITS_6, (0..calls).map(|_| dice.log_normal(deviation)))
}

#[test]
fn nothing_added_is_nothing_kept() {
    let hours = Hours::default();
    assert_eq!((hours.bytes(), hours.newest(), hours.is_empty()), (0, None, true));
    assert_eq!(seen(&hours, NOW, MONTH), Stretch::default());
    assert_eq!(hours.at(NOW), Stretch::default());
}

#[test]
fn a_stretch_is_the_full_hours_before_and_not_the_current_one() {
    let mut hours = Hours::default();
    for hour in 0..1_000 {
        hours.add(NOW + hour, &of([u64::from(hour)]), 3_600);
    }
    let now = NOW + 999;
    for length in [1, DAY, 168, MONTH] {
        let stretch = seen(&hours, now, length);
        assert_eq!(stretch.durations, of((999 - u64::from(length))..999), "{length} h");
        assert_eq!(stretch.observed_s, u64::from(length) * 3_600);
    }
    assert_eq!(seen(&hours, now, u32::MAX).durations.count(), 720);
    assert_eq!(hours.at(now).durations, of([999]));
    assert_eq!(hours.newest(), Some(now));
}

#[test]
fn idle_hours_are_seen_and_missed_ones_are_not() {
    let mut hours = Hours::default();
    for hour in (0..MONTH).filter(|hour| hour % 2 == 0) {
        hours.add(NOW + hour, &Snapshot::default(), 3_600);
    }
    let stretch = seen(&hours, NOW + MONTH, MONTH);
    assert_eq!((stretch.durations.count(), stretch.observed_s), (0, 360 * 3_600));
    assert!(hours.bytes() < 360 * 6, "{} bytes", hours.bytes());
}

#[test]
fn a_clock_that_steps_back_adds_to_the_hour_it_comes_to() {
    let mut hours = Hours::default();
    for (hour, value) in [(0, 1), (1, 2), (2, 3), (3, 4), (1, 5), (0, 6), (3, 7), (4, 8)] {
        hours.add(NOW + hour, &of([value]), 60);
    }
    let of_hour = |hour: u32| hours.at(NOW + hour).durations;
    assert_eq!(of_hour(0), of([1, 6]));
    assert_eq!(of_hour(1), of([2, 5]));
    assert_eq!(of_hour(3), of([4, 7]));
    assert_eq!(seen(&hours, NOW + 5, DAY).durations, of(1..=8));
    assert_eq!(seen(&hours, NOW + 2, DAY).durations, of([1, 2, 5, 6]), "what is ahead is not yet");
}

#[test]
fn hours_more_than_a_month_away_on_either_side_are_forgotten() {
    let mut hours = Hours::default();
    hours.add(NOW, &of([1]), 60);
    hours.add(NOW + 10_000, &of([2]), 60);
    hours.add(0, &of([3]), 60);
    for hour in 1..5 {
        hours.add(NOW + hour, &of([4]), 60);
    }
    let all = |hours: &Hours| seen(hours, u32::MAX, u32::MAX).durations;
    assert_eq!(all(&hours), of([1, 4, 4, 4, 4]));
    hours.add(u32::MAX, &of([5]), 60);
    assert_eq!(hours.at(u32::MAX).durations, of([5]));
}

#[test]
fn hours_of_a_clock_that_is_wrong_for_a_while_push_out_no_others() {
    let mut hours = Hours::default();
    (0..100).for_each(|hour| hours.add(NOW + hour, &of([1]), 60));
    (0..3).for_each(|hour| hours.add(NOW + 10_000 + hour, &of([2]), 60));
    let all = |hours: &Hours| seen(hours, u32::MAX, u32::MAX).durations.count();
    assert_eq!(all(&hours), 103);
    let mut right = hours.clone();
    (100..104).for_each(|hour| right.add(NOW + hour, &of([1]), 60));
    assert_eq!(all(&right), 104, "the wrong ones are forgotten");
    (3..6).for_each(|hour| hours.add(NOW + 10_000 + hour, &of([2]), 60));
    assert_eq!(all(&hours), 6, "it was not wrong");
    right.merge(&hours, NOW + 104);
    assert_eq!(all(&right), 106, "the last two of them can still change");
}

#[test]
fn hours_that_are_kept_twice_are_not_sound() {
    let mut hours = Hours::default();
    (0..4).for_each(|hour| hours.add(NOW + hour, &of([1]), 60));
    assert!(hours.is_sound());
    for twice in [NOW, NOW + 3] {
        let mut hours = hours.clone();
        hours.recent.pop_front();
        hours.recent.push_back((twice, of_hour().into()));
        assert!(!hours.is_sound(), "{twice}");
    }
}

fn of_hour() -> Vec<u8> {
    Hour { missed_s: 9, durations: of([1]) }.encode()
}

#[track_caller]
fn check_bound(hours: &Hours) {
    assert!(hours.bytes() <= BYTES_MAX, "{} bytes", hours.bytes());
    assert!(hours.is_sound());
}

#[test]
fn hours_over_all_octaves_stay_within_their_bytes_and_lose_the_oldest_first() {
    let every_octave =
        |count: u64| Snapshot::from_counts(Layout::BITS_6, 0, vec![count; Layout::BITS_6.buckets()], 0);
    for (count, kept) in [(u64::MAX, 122), (1_000_000, MONTH as usize), (1, MONTH as usize)] {
        let (mut hours, flood) = (Hours::default(), every_octave(count));
        for hour in 0..800 {
            hours.add(NOW + hour, &flood, 3_600);
            if hour % 40 == 0 {
                check_bound(&hours);
            }
        }
        check_bound(&hours);
        let numbers: Vec<u32> = hours.all().into_iter().map(|(number, _)| number).collect();
        assert!(numbers.len() >= kept, "{count}: {} hours", numbers.len());
        assert!(numbers.is_sorted_by(|a, b| a + 1 == *b), "the newest without a gap");
        assert_eq!(numbers.last(), Some(&(NOW + 799)));
        let stretch = seen(&hours, NOW + 800, MONTH);
        assert_eq!(stretch.durations.count(), flood.count().saturating_mul(numbers.len().min(720) as u64));
    }
}

/// Bits of a day and of a month that is full of hours like this one, and the bytes they take.
fn resolution(deviation: f64, calls: u64) -> (u32, u32, usize) {
    let mut dice = Dice(calls);
    let different: Vec<Snapshot> = (0..2).map(|_| busy_hour(&mut dice, deviation, calls)).collect();
    let mut hours = Hours::default();
    for (hour, durations) in (0..=MONTH + 2).zip(different.iter().cycle()) {
        hours.add(NOW + hour, durations, 3_600);
    }
    check_bound(&hours);
    let bits = |length: u32| seen(&hours, NOW + MONTH + 2, length).durations.layout().bits();
    assert_eq!(seen(&hours, NOW + MONTH + 2, MONTH).durations.count(), calls * 720, "not one is lost");
    (bits(DAY), bits(MONTH), hours.bytes())
}

/// The table of [`Hours`].
#[test]
fn ordinary_months_are_as_fine_as_the_docs_say() {
    let table = [(0.25, 10_000, 6, 6), (0.5, 10_000, 6, 5), (0.5, 1_000_000, 6, 4), (1.0, 1_000_000, 5, 3)];
    for (deviation, calls, day, month) in table {
        let (day_reached, month_reached, bytes) = resolution(deviation, calls);
        assert_eq!((day_reached, month_reached), (day, month), "{deviation}, {calls} calls: {bytes} bytes");
    }
    let percent = |bits: u32| format!("{:.1}", 100.0 * Layout::try_new(bits).unwrap().relative_error());
    assert_eq!([6, 5, 4, 3].map(percent), ["0.8", "1.6", "3.1", "6.2"]);
}

#[test]
fn percentiles_of_a_month_are_those_of_all_values_within_the_error_that_is_told() {
    let mut dice = Dice(5);
    let (mut hours, mut values) = (Hours::default(), Vec::new());
    for hour in 0..MONTH {
        // Days are busier and slower than nights, and one hour is an outage.
        let outage = hour == 333;
        let calls = if hour % DAY < 8 { 50 } else { 900 };
        let drawn: Vec<Duration> =
            (0..calls).map(|_| dice.log_normal(if outage { 3.0 } else { 0.6 }) * (1 + hour % DAY)).collect();
        hours.add(NOW + hour, &Snapshot::from_durations(Layout::BITS_7, drawn.iter().copied()), 3_600);
        values.extend(drawn);
    }
    values.sort_unstable();
    let month = seen(&hours, NOW + MONTH, MONTH).durations;
    let told = month.layout().relative_error();
    assert!((0.001..0.04).contains(&told), "{told}");
    assert_eq!(month.count(), values.len() as u64);
    assert_eq!(month.sum_ns(), values.iter().map(Duration::as_nanos).sum::<u128>(), "the mean is exact");
    for permille in [1, 100, 500, 900, 990, 999, 1_000] {
        let exact = values[(values.len() * permille).div_ceil(1_000) - 1];
        let found = month.quantile(f64::from(u32::try_from(permille).unwrap()) / 1e3).unwrap();
        let off = found.abs_diff(exact).as_secs_f64() / exact.as_secs_f64();
        assert!(
            off <= told + 1e-9,
            "{permille}: {found:?} for {exact:?} is off by {off}, and {told} was told"
        );
    }
}

/// Where to add, how many values, and how they spread.
fn additions() -> impl Strategy<Value = Vec<(u32, u64, u32)>> {
    let hour = prop_oneof![6 => Just(0_i32), 3 => Just(1), 1 => -3..4, 1 => Just(30)];
    let addition = (hour, 0_u64..100, 0_u32..40);
    prop::collection::vec(addition, 1..60).prop_map(|additions| {
        let mut now = NOW;
        let at = |(by, values, spread): (i32, u64, u32)| {
            now = now.saturating_add_signed(by);
            (now, values, spread)
        };
        additions.into_iter().map(at).collect()
    })
}

fn spread(values: u64, spread: u32) -> Snapshot {
    let mut dice = Dice(values);
    let value = |_| Duration::from_nanos((dice.next() >> 40) << (spread % 30));
    Snapshot::from_durations(Layout::BITS_7, (0..values).map(value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_hour_has_what_was_added_to_it_and_a_copy_kept_hour_by_hour_is_equal(
        additions in additions(),
        every in 1_usize..9,
    ) {
        let (mut hours, mut copy) = (Hours::default(), Hours::default());
        let mut expected: BTreeMap<u32, Snapshot> = BTreeMap::new();
        let mut changed: Vec<u32> = Vec::new();
        for (step, (hour, values, width)) in additions.into_iter().enumerate() {
            let durations = spread(values, width);
            hours.add(hour, &durations, 10);
            expected.entry(hour).or_default().merge(&durations);
            if !changed.contains(&hour) {
                changed.push(hour);
            }
            // An hour that was packed away before it was told cannot be told by itself.
            if changed.iter().any(|hour| hours.recent(*hour).is_none()) {
                copy = hours.clone();
                changed.clear();
            }
            if step % every == 0 {
                for hour in changed.drain(..) {
                    let bytes = hours.recent(hour).unwrap().clone();
                    copy.replace(hour, bytes.clone());
                    copy.replace(hour, bytes);
                }
                prop_assert!(copy == hours, "step {}", step);
            }
        }
        prop_assert!(hours.is_sound());
        for (hour, durations) in expected {
            let found = hours.at(hour).durations;
            prop_assert!(found == durations.coarsened(found.layout()), "hour {}", hour);
        }
    }

    #[test]
    fn a_stretch_is_the_sum_of_its_histograms(additions in additions(), fine in any::<u64>()) {
        let mut hours = BTreeMap::from([(NOW - 999, Hour { missed_s: 9, durations: of([1]) }.encode())]);
        for (number, (hour, values, width)) in (0..).zip(additions) {
            let layout = Layout::try_new(2 + (fine >> (number % 60) & 7) as u32).unwrap();
            let durations = spread(values, width).coarsened(layout);
            hours.insert(hour, Hour { missed_s: hour % 3_600, durations }.encode());
        }
        let packed: Vec<Entry<'_>> =
            hours.iter().map(|(hour, bytes)| (*hour, Cow::Borrowed(bytes.as_slice()))).collect();
        let kept = Hours { packed: pack(&packed), ..Hours::default() };
        let mut expected = Stretch::default();
        hours.values().rev().for_each(|bytes| expected.add_hour(&Hour::decode(bytes).unwrap()));
        prop_assert_eq!(seen(&kept, u32::MAX, u32::MAX), expected);
    }

    #[test]
    fn hours_of_two_processes_add_whichever_comes_first(one in additions(), other in additions()) {
        let fill = |additions: &[(u32, u64, u32)]| {
            let mut hours = Hours::default();
            additions.iter().for_each(|(hour, values, width)| hours.add(*hour, &spread(*values, *width), 10));
            hours
        };
        let (first, second) = (fill(&one), fill(&other));
        let (mut both, mut other_way) = (first.clone(), second.clone());
        both.merge(&second, NOW);
        other_way.merge(&first, NOW);
        prop_assert!(both == other_way);
        prop_assert!(both.is_sound());
        let newest = both.newest().unwrap() + 1;
        let whole = |hours: &Hours| seen(hours, newest, MONTH);
        let mut sum = whole(&first);
        sum.add(&whole(&second));
        let found = whole(&both).durations;
        prop_assert!(found == sum.durations.coarsened(found.layout()));
    }

    #[test]
    fn any_bytes_are_borne(
        packed in prop::collection::vec(any::<u8>(), 0..300),
        recent in prop::collection::vec((any::<u32>(), prop::collection::vec(any::<u8>(), 0..40)), 0..3),
        hour in any::<u32>(),
    ) {
        let recent = recent.into_iter().map(|(number, bytes)| (number, bytes.into())).collect();
        use_all(Hours { packed: packed.into(), recent }, hour)?;
    }

    #[test]
    fn damaged_hours_are_borne(place in any::<prop::sample::Index>(), byte in any::<u8>(), hour in 0_u32..40) {
        let mut hours = Hours::default();
        (0..30).for_each(|hour| hours.add(NOW + hour, &spread(50, hour), 3_600));
        let mut packed = hours.packed.to_vec();
        *place.get_mut(&mut packed) ^= byte;
        use_all(Hours { packed: packed.into(), ..hours }, NOW + hour)?;
    }
}

/// Everything that is done with what was read, whether it is sound or not.
fn use_all(mut hours: Hours, hour: u32) -> Result<(), TestCaseError> {
    let was_sound = hours.is_sound();
    let _ = (seen(&hours, hour, MONTH), hours.at(hour), hours.newest());
    let mut other = Hours::default();
    other.add(hour, &of([1]), 10);
    other.merge(&hours, hour);
    hours.merge(&other, hour);
    (0..4).for_each(|step| hours.add(hour.wrapping_add(step), &of([2]), 10));
    hours.replace(hour, Bytes::from(vec![0xff; 9]));
    hours.add(hour, &of([3]), 10);
    prop_assert!(!was_sound || hours.is_sound());
    prop_assert!(hours.bytes() <= BYTES_MAX);
    let bytes = postcard::to_allocvec(&hours).unwrap();
    prop_assert!(postcard::from_bytes::<Hours>(&bytes) == Ok(hours));
    Ok(())
}

#[test]
fn lengths_that_are_claimed_make_no_room() {
    // A run of 2^56 bytes, and as many hours.
    let claims = [[0xff; 8].as_slice(), &[0x7f]].concat();
    assert!(postcard::from_bytes::<Hours>(&claims).is_err());
    assert!(postcard::from_bytes::<Hours>(&[&[0], claims.as_slice()].concat()).is_err());
    let hours = Hours { packed: [&[1], claims.as_slice()].concat().into(), ..Hours::default() };
    assert!(!hours.is_sound() && hours.newest().is_none());
}
