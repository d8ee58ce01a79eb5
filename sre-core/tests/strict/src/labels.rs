//! A labelled family.

use slo::{Labels, SliFamily};

/// How somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
#[label(crate = slo)]
#[non_exhaustive]
pub enum Method {
    /// To read.
    Get,
    /// To write.
    #[label(rename = "POST")]
    Post,
}

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Labels)]
#[label(crate = slo)]
pub struct Request<'a> {
    /// A closed set.
    pub method: Method,
    /// Text.
    #[label(rename = "http_route")]
    pub route: &'a str,
    /// A number.
    pub status: u16,
}

/// Every request.
pub static REQUESTS: SliFamily<Request<'_>> = SliFamily::new("requests");

slo::register!(REQUESTS);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::is_known;

    #[test]
    fn labels_are_derived_under_another_name_of_the_crate() {
        let request = Request { method: Method::Post, route: "/cart", status: 201 };
        assert_eq!(Request::NAMES, ["method", "http_route", "status"]);
        assert!(request.matches(&["POST", "/cart", "201"]));
        assert!(!request.matches(&["get", "/cart", "201"]));
        is_known("requests");
    }
}
