#[derive(Outcome)]
#[outcome(ignored)]
enum OrderError<E> {
    SoldOut,
    #[outcome(timed_out)]
    TooSlow { after_ms: u64 },
    #[outcome(delegate)]
    Payment(E),
}
