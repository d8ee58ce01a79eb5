//! What runs on a runtime of the user's never keeps it waiting: an instrumented future is polled when its own would be, and
//! the polls of the mounted endpoint take less than a millisecond, unless the machine does other things meanwhile.

#![cfg(feature = "prometheus")]
#![expect(clippy::unwrap_used, reason = "helpers of tests may")]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use http::Request;
use sre_core::{Engine, Objective, Outcome, Sli, sli};
use sre_exporters::Exporters;
use tower_service::Service as _;

mod sample;

static SLI: Sli = Sli::new("polled").objective(Objective::availability(0.999));

/// Is ready when it was polled so often, and wakes nobody.
struct Slow {
    polls: usize,
    left: usize,
}

impl Future for Slow {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<usize> {
        self.polls += 1;
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => return Poll::Ready(self.polls),
        }
        Poll::Pending
    }
}

#[sli(SLI)]
async fn instrumented(work: Slow) -> Result<usize, ()> {
    Ok(work.await)
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn an_instrumented_future_asks_for_no_poll_of_its_own() {
    for left in [0, 1, 7, 1_000] {
        let woken = Arc::<Woken>::default();
        let waker = Waker::from(Arc::clone(&woken));
        let mut future = Box::pin(instrumented(Slow { polls: 0, left }));
        let mut polls = 1;
        let inner = loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(polls) => break polls.unwrap(),
                Poll::Pending => polls += 1,
            }
        };
        assert_eq!((inner, polls, woken.0.load(Ordering::Relaxed)), (left + 1, left + 1, 0));
    }
    println!("\npromise E7: an instrumented future is polled as often as its own, and wakes nobody");
}

/// A future that tells how long its longest poll took.
struct Timed<F> {
    inner: Pin<Box<F>>,
    longest: Duration,
}

impl<F: Future> Future for Timed<F> {
    type Output = (F::Output, Duration);

    #[expect(clippy::disallowed_methods, reason = "the time that a runtime would wait")]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let begun = Instant::now();
        let poll = self.inner.as_mut().poll(cx);
        self.longest = self.longest.max(begun.elapsed());
        poll.map(|output| (output, self.longest))
    }
}

/// Fifty SLIs with an objective each.
fn engine() -> Engine {
    let engine = sample::engine("shop");
    for number in 0..50 {
        let sli = Sli::try_new(&format!("step-{number}")).unwrap().objective(Objective::availability(0.999));
        let sli = engine.sli(sli.definition()).unwrap();
        (0..200).for_each(|ms| sli.record(Outcome::Ok, Duration::from_millis(ms)));
    }
    engine.advance(Duration::from_secs(3));
    engine
}

#[test]
fn polls_of_the_mounted_endpoint_take_less_than_a_millisecond() {
    let exporters = Exporters::builder(&engine()).start().unwrap();
    let router = Router::new().nest_service("/internal", exporters.handler());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let longest = |path: &str, encoding: &str| {
        let request = Request::get(path).header("accept-encoding", encoding).body(Body::empty()).unwrap();
        let timed = Timed { inner: Box::pin(router.clone().call(request)), longest: Duration::ZERO };
        let (response, longest) = runtime.block_on(timed);
        assert_eq!(response.unwrap().status(), 200, "{path}");
        longest
    };
    let answers = ["metrics", "", "api/v1/status", "healthz"]
        .into_iter()
        .flat_map(|path| ["identity", "gzip"].map(|encoding| (format!("/internal/{path}"), encoding)));
    // Without optimisation the times say nothing, only that all of these are answered.
    let is_optimised = !cfg!(debug_assertions);
    let mut slowest = Duration::ZERO;
    for (path, encoding) in answers {
        // Whatever else the machine does meanwhile, it does not do each time; the work of a poll is done each time.
        let fastest = (0..20).map(|_| longest(&path, encoding)).min().unwrap();
        slowest = slowest.max(fastest);
        assert!(!is_optimised || fastest < Duration::from_millis(1), "{path}: {fastest:?}");
    }
    if is_optimised {
        let us = slowest.as_micros() + 1;
        println!(
            "\npromise E7: an endpoint in a user's router with 50 objectives answers in polls that took less than {us} us, each document in the fastest of 20 requests"
        );
    }
}
