//! What `#[sli]` makes of a return value: predicates first, then the types that know, then `Result`.

#![cfg(feature = "macros")]
#![forbid(unsafe_code)]
#![deny(warnings, clippy::all, clippy::pedantic)]

use sre_core::sli::{Abandoned, Classify};
use sre_core::{Outcome, Sli, sli};

#[track_caller]
fn check(sli: &Sli, [ok, error, ignored]: [u64; 3]) {
    let counts = [Outcome::Ok, Outcome::Error, Outcome::Ignored].map(|outcome| sli.count(outcome));
    assert_eq!(counts, [ok, error, ignored], "ok, error and ignored of {}", sli.name());
}

#[derive(Debug, PartialEq, Outcome)]
enum PayError {
    #[outcome(ignored)]
    NoFunds,
    #[outcome(timed_out)]
    Slow {
        after_ms: u32,
    },
    #[outcome(delegate)]
    Bank(BankError),
    Broken,
}

#[derive(Debug, PartialEq, Outcome)]
#[outcome(ignored)]
struct BankError {
    code: u32,
}

static CLASSIFIED: Sli = Sli::new("classified");

#[sli(CLASSIFIED)]
fn pay(error: Option<PayError>) -> Result<u32, PayError> {
    error.map_or(Ok(1), Err)
}

#[test]
fn a_classified_error_says_what_happened() {
    assert_eq!(pay(None), Ok(1));
    assert_eq!(pay(Some(PayError::NoFunds)), Err(PayError::NoFunds));
    assert!(pay(Some(PayError::Slow { after_ms: 3 })).is_err());
    assert!(pay(Some(PayError::Bank(BankError { code: 1 }))).is_err());
    assert!(pay(Some(PayError::Broken)).is_err());
    check(&CLASSIFIED, [1, 1, 2]);
    assert_eq!(CLASSIFIED.count(Outcome::Abandoned(Abandoned::TimedOut)), 1);
}

static WORDS: Sli = Sli::new("words");

#[derive(Debug, Outcome)]
enum Word {
    #[outcome(ok)]
    Ok,
    #[outcome(error)]
    Error,
    #[outcome(ignored)]
    Ignored,
    #[outcome(timed_out)]
    TimedOut,
    #[outcome(cancelled)]
    Cancelled,
    #[outcome(shut_down)]
    ShutDown,
    #[outcome(delegate)]
    Delegate(Outcome),
    #[outcome(transparent)]
    Transparent {
        inside: Outcome,
    },
    Nothing,
}

#[sli(WORDS)]
fn word(word: Word) -> Result<(), Word> {
    Err(word)
}

#[test]
fn every_word_of_the_derive_is_what_is_counted() {
    let words = [Word::Ok, Word::Error, Word::Ignored, Word::TimedOut, Word::Cancelled, Word::ShutDown];
    for each in words {
        assert!(word(each).is_err());
    }
    check(&WORDS, [1, 1, 1]);
    for reason in [Abandoned::TimedOut, Abandoned::Cancelled, Abandoned::ShutDown] {
        assert_eq!(WORDS.count(Outcome::Abandoned(reason)), 1, "{reason:?}");
    }
    assert!(word(Word::Delegate(Outcome::Ok)).is_err());
    assert!(word(Word::Transparent { inside: Outcome::Ignored }).is_err());
    assert!(word(Word::Nothing).is_err());
    check(&WORDS, [2, 2, 2]);
}

#[cfg(feature = "http")]
mod http_types {
    use http::{Response, StatusCode};
    use sre_core::{Outcome, Sli, sli};

    use super::{PayError, check};

    static HTTP: Sli = Sli::new("http");

    #[sli(HTTP)]
    fn status(status: StatusCode) -> StatusCode {
        status
    }

    #[sli(HTTP)]
    fn response(status: StatusCode) -> Response<&'static str> {
        let mut response = Response::new("body");
        *response.status_mut() = status;
        response
    }

    #[sli(HTTP)]
    fn pair(status: StatusCode) -> (StatusCode, String) {
        (status, String::new())
    }

    /// Both sides know: an `Ok` of status 503 is an error all the same.
    #[sli(HTTP)]
    fn either(status: Result<StatusCode, PayError>) -> Result<Response<&'static str>, PayError> {
        Ok(response(status?))
    }

    #[test]
    fn http_statuses_and_responses_decide() {
        let (fine, mistake, broken) =
            (StatusCode::OK, StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE);
        for each in [fine, mistake, broken] {
            status(each);
            response(each);
            pair(each);
        }
        let counts = [Outcome::Ok, Outcome::Error, Outcome::Ignored].map(|outcome| HTTP.count(outcome));
        assert_eq!((counts[0] + counts[2], counts[1]), (6, 3), "only the service itself is to blame");
        let [ok, error, ignored] = counts;
        assert!(either(Ok(broken)).is_ok() && either(Err(PayError::NoFunds)).is_err());
        check(&HTTP, [ok, error + 2, ignored + 1]);
    }
}

type Aliased<T> = Result<T, PayError>;

static ALIASED: Sli = Sli::new("aliased");

#[sli(ALIASED)]
fn aliased() -> Aliased<()> {
    Err(PayError::NoFunds)
}

#[test]
fn aliases_are_seen_through() {
    assert!(aliased().is_err());
    check(&ALIASED, [0, 0, 1]);
}

static WHOLE: Sli = Sli::new("whole");

#[sli(WHOLE)]
fn whole(outcome: Outcome) -> Outcome {
    outcome
}

#[sli(WHOLE)]
fn inside(outcome: Outcome) -> Result<Outcome, std::fmt::Error> {
    if outcome == Outcome::Error { Err(std::fmt::Error) } else { Ok(outcome) }
}

#[sli(WHOLE)]
fn bounded<T: Classify>(value: T) -> T {
    value
}

#[test]
fn types_that_know_decide_alone_and_inside_results() {
    whole(Outcome::Error);
    whole(Outcome::Ok);
    assert!(inside(Outcome::Ignored).is_ok());
    assert!(inside(Outcome::Error).is_err());
    bounded(Outcome::Ignored);
    check(&WHOLE, [1, 2, 2]);
}

/// Methods of these names on everything must not come in between.
#[expect(dead_code, reason = "only its names matter")]
trait Everything {
    fn outcome(&self) -> u32 {
        0
    }

    fn classify(&self) -> u32 {
        0
    }

    fn finish(&self) -> u32 {
        0
    }
}

impl<T> Everything for T {}

static EXITS: Sli = Sli::new("exits");

#[sli(EXITS)]
fn exits(code: u8) -> std::process::ExitCode {
    code.into()
}

#[test]
fn exit_codes_other_than_success_are_errors() {
    exits(0);
    exits(2);
    check(&EXITS, [1, 1, 0]);
}

static REST: Sli = Sli::new("rest");

#[sli(REST)]
fn optional(is_some: bool) -> Option<PayError> {
    is_some.then_some(PayError::Broken)
}

#[sli(REST)]
fn unknown_error(is_ok: bool) -> Result<(), Box<dyn std::error::Error>> {
    if is_ok { Ok(()) } else { Err("unknown".into()) }
}

#[test]
fn other_results_are_errors_when_err_and_the_rest_is_ok() {
    optional(true);
    optional(false);
    assert!(unknown_error(true).is_ok());
    assert!(unknown_error(false).is_err());
    check(&REST, [3, 1, 0]);
}

static OK_IF: Sli = Sli::new("ok-if");

#[sli(OK_IF, ok_if = |hits| !hits.is_empty())]
fn search(hits: &[u32]) -> Vec<u32> {
    hits.to_vec()
}

#[sli(OK_IF, ok_if = Option::is_some)]
fn find(hit: Option<u32>) -> Option<u32> {
    hit
}

#[sli(OK_IF, ok_if = |result| matches!(result, Ok(()) | Err(PayError::Broken)))]
async fn tolerant(error: PayError) -> Result<(), PayError> {
    Err(error)
}

#[test]
fn ok_if_decides_both_ways() {
    search(&[1]);
    search(&[]);
    find(Some(1));
    find(None);
    assert!(block_on(tolerant(PayError::Broken)).is_err());
    assert!(block_on(tolerant(PayError::NoFunds)).is_err());
    check(&OK_IF, [3, 3, 0]);
}

static ERROR_IF: Sli = Sli::new("error-if");

#[sli(ERROR_IF, error_if = |status| *status >= 500)]
fn respond(status: u16) -> u16 {
    status
}

fn is_broken(result: &Result<(), PayError>) -> bool {
    matches!(result, Err(PayError::Broken))
}

#[sli(ERROR_IF, error_if = is_broken)]
fn only_broken(error: PayError) -> Result<(), PayError> {
    Err(error)
}

#[sli(ERROR_IF, error_if = |numbers| numbers.size_hint().0 == 0)]
fn opaque(count: usize) -> impl Iterator<Item = usize> {
    0..count
}

#[test]
fn error_if_decides_both_ways() {
    respond(200);
    respond(503);
    assert!(only_broken(PayError::Broken).is_err());
    assert!(only_broken(PayError::NoFunds).is_err());
    assert_eq!(opaque(2).count() + opaque(0).count(), 2);
    check(&ERROR_IF, [3, 3, 0]);
}

static IGNORE_IF: Sli = Sli::new("ignore-if");

#[sli(IGNORE_IF, ignore_if = |result| matches!(result, Err(404)))]
fn fetch(status: u16) -> Result<(), u16> {
    if status == 200 { Ok(()) } else { Err(status) }
}

#[sli(IGNORE_IF, ignore_if = |number| *number == 0, error_if = |number| *number > 9)]
fn both(number: u32) -> u32 {
    number
}

#[sli(IGNORE_IF, ignore_if = |result| *result == Err(0), always_ok)]
fn never_wrong(number: u32) -> Result<u32, u32> {
    Err(number)
}

impl PartialEq<u32> for BankError {
    fn eq(&self, other: &u32) -> bool {
        self.code == *other
    }
}

#[sli(IGNORE_IF, ignore_if = |error| *error == 0)]
fn hands_over(code: u32) -> BankError {
    BankError { code }
}

#[test]
fn ignore_if_hands_over_what_it_does_not_ignore() {
    assert!(fetch(200).is_ok());
    assert!(fetch(404).is_err());
    assert!(fetch(500).is_err());
    check(&IGNORE_IF, [1, 1, 1]);
    both(0);
    both(5);
    both(10);
    check(&IGNORE_IF, [2, 2, 2]);
    assert!(never_wrong(1).is_err());
    check(&IGNORE_IF, [3, 2, 2]);
    hands_over(0);
    hands_over(1);
    check(&IGNORE_IF, [3, 2, 4]);
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
