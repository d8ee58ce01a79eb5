#[derive(Labels)]
struct Request<'a> {
    method: Method,
    #[label(rename = "http_route")]
    route: &'a str,
    zone: &'static str,
}
