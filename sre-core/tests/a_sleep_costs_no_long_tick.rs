//! After a sleep of the machine the first tick is much like any other: what is only shown is made anew bit by bit.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod promise;

use std::time::{Duration, Instant};

use promise::kept;
use sre_core::clock::ManualClock;
use sre_core::report::Percentiles;
use sre_core::{Engine, Objective, Outcome, Sli};

const NIGHT: Duration = Duration::from_secs(8 * 3_600);
const SECOND: Duration = Duration::from_secs(1);

/// Busy SLIs with an objective each.
struct Service {
    engine: Engine,
    clock: ManualClock,
    slis: Vec<Sli>,
}

impl Service {
    fn new(prefix: &str, slis: usize) -> Self {
        let clock = ManualClock::at_unix_seconds(1_700_000_000);
        let engine = Engine::builder().manual_clock(clock.clone()).start().unwrap();
        let sli = |n| {
            let name = format!("{prefix}.{n}");
            let sli = Sli::try_new(&name).unwrap().objective(Objective::availability(0.999));
            engine.sli(sli.definition()).unwrap()
        };
        let slis = (0..slis).map(sli).collect();
        Self { engine, clock, slis }
    }

    /// A second of calls and its tick; how long that took.
    fn tick(&self) -> Duration {
        for (n, sli) in (0..).zip(&self.slis) {
            (1..5).for_each(|ms| sli.record(Outcome::Ok, Duration::from_millis(ms * (1 + n % 9))));
        }
        self.clock.advance(SECOND);
        #[expect(clippy::disallowed_methods, reason = "the figure that is told is of the real clock")]
        let begun = Instant::now();
        self.engine.tick();
        begun.elapsed()
    }

    fn ticks(&self, seconds: u32) -> Vec<Duration> {
        (0..seconds).map(|_| self.tick()).collect()
    }

    /// Of how many SLIs the percentiles of the last minute hold so many calls.
    fn tell(&self, calls: u64) -> usize {
        let report = self.engine.report();
        let tells = |of: &&Percentiles| of.window == Percentiles::WINDOWS[0] && of.count == calls;
        report.slis.iter().filter(|sli| sli.percentiles.iter().any(|of| tells(&of))).count()
    }

    /// The SLIs whose percentiles the next tick makes anew.
    fn made_anew_after(&self, sleep: Duration) -> usize {
        let before: Vec<_> = self.engine.report().slis.iter().map(|sli| sli.percentiles.clone()).collect();
        self.clock.advance(sleep);
        self.tick();
        let report = self.engine.report();
        report.slis.iter().zip(before).filter(|(sli, before)| *sli.percentiles != **before).count()
    }
}

#[test]
fn the_first_tick_makes_no_more_anew_after_a_week_than_after_a_night() {
    let service = Service::new("asleep", 400);
    service.ticks(70);
    let share = 400 / 5 + 1;
    for sleep in [NIGHT, 10 * NIGHT, 21 * NIGHT] {
        assert_eq!(service.made_anew_after(sleep), share, "{sleep:?}");
        let ticks = service.engine.report().engine.ticks;
        service.ticks(10);
        assert_eq!(service.engine.report().engine.ticks, ticks + 10, "nothing is made up for");
        assert_eq!(service.tell(0), 0, "all have their turn");
        service.ticks(70);
        assert_eq!(service.made_anew_after(Duration::ZERO), 40, "and go on as before");
    }
}

#[test]
fn the_first_tick_after_a_night_is_told() {
    for slis in [100, 1_000] {
        let service = Service::new(&format!("night{slis}"), slis);
        service.ticks(70);
        let usual = service.ticks(20).into_iter().sum::<Duration>() / 20;
        let night = |_| {
            service.clock.advance(NIGHT);
            let first = service.tick();
            (first, service.ticks(30).into_iter().max().unwrap())
        };
        // Other programs lengthen some of them.
        let nights: Vec<_> = (0..5).map(night).collect();
        let first = nights.iter().map(|(first, _)| *first).min().unwrap();
        let longest = nights.iter().map(|(_, longest)| *longest).min().unwrap();
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        kept(
            "E3",
            format_args!(
                "with {slis} busy objectives the first tick after 8 h takes {:.2} ms, the longest of the next 30 \
                 {:.2} ms, any other {:.2} ms",
                ms(first),
                ms(longest),
                ms(usual)
            ),
        );
    }
}
