//! Pure. Requests with three labels: 4 methods, 8 routes, 2 statuses, so 64 series.

/// The first label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sre_core::Labels)]
#[cfg_attr(feature = "rivals", derive(measured::FixedCardinalityLabel))]
#[expect(clippy::exhaustive_enums, reason = "complete for the benches")]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
}

/// The second label, as an enum; as text it is [`Request::path`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sre_core::Labels)]
#[cfg_attr(feature = "rivals", derive(measured::FixedCardinalityLabel))]
#[expect(clippy::exhaustive_enums, reason = "complete for the benches")]
#[expect(missing_docs, reason = "the names of the routes say it")]
pub enum Route {
    Users,
    User,
    Products,
    Product,
    Owner,
    Purchase,
    Cart,
    Checkout,
}

/// The third label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, sre_core::Labels)]
#[cfg_attr(feature = "rivals", derive(measured::FixedCardinalityLabel))]
#[expect(clippy::exhaustive_enums, reason = "complete for the benches")]
pub enum Status {
    /// 2xx
    Success,
    /// 5xx
    Failed,
}

/// The labels of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// First.
    pub method: Method,
    /// Second, as an enum.
    pub route: Route,
    /// Second, as text.
    pub path: &'static str,
    /// Third.
    pub status: Status,
}

/// All routes as text, in the order of [`Route`].
pub const PATHS: [&str; 8] = [
    "/api/v1/users",
    "/api/v1/users/:id",
    "/api/v1/products",
    "/api/v1/products/:id",
    "/api/v1/products/:id/owner",
    "/api/v1/products/:id/purchase",
    "/api/v1/cart",
    "/api/v1/cart/checkout",
];

const METHODS: [Method; 4] = [Method::Get, Method::Post, Method::Put, Method::Delete];
const ROUTES: [Route; 8] = [
    Route::Users,
    Route::User,
    Route::Products,
    Route::Product,
    Route::Owner,
    Route::Purchase,
    Route::Cart,
    Route::Checkout,
];
const STATUSES: [Status; 2] = [Status::Success, Status::Failed];

const LENGTH: usize = 1024;
static REQUESTS: [Request; LENGTH] = requests();

/// The labels of iteration `i`.
#[inline(always)]
#[must_use]
#[expect(clippy::indexing_slicing, reason = "masked by the length of the table")]
pub fn request(i: usize) -> Request {
    REQUESTS[i % LENGTH]
}

impl Method {
    /// As text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl Status {
    /// As text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "2xx",
            Self::Failed => "5xx",
        }
    }
}

#[expect(clippy::indexing_slicing, reason = "bounded by the lengths of the tables")]
const fn requests() -> [Request; LENGTH] {
    let mut table =
        [Request { method: Method::Get, route: Route::Users, path: PATHS[0], status: Status::Success };
            LENGTH];
    let mut i = 0;
    while i < LENGTH {
        let x = super::pick(i, 64);
        table[i] = Request {
            method: METHODS[x & 3],
            route: ROUTES[(x >> 2) & 7],
            path: PATHS[(x >> 2) & 7],
            status: STATUSES[x >> 5],
        };
        i += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_64_series_occur_and_paths_follow_routes() {
        let mut seen: Vec<_> =
            REQUESTS.iter().map(|r| (r.method as u8, r.route as u8, r.status as u8)).collect();
        assert!(REQUESTS.iter().all(|r| r.path == PATHS[r.route as usize]));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 64);
    }
}
