#[sli(
    name = "search",
    availability = 0.995,
    latency(0.95, "250ms"),
    latency(TARGET, LIMIT),
    period = "month Europe/Berlin",
    abandoned(bad_after = "2s"),
    ignore_if = |hits| hits.is_cached(),
    error_if = Hits::is_empty
)]
#[doc(hidden)]
async fn search(query: &str) -> Hits {
    #![allow(unused)]
    find(query).await
}
