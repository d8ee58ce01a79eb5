#[sli(SEARCH, always_ok)]
fn matcher<'a>(&'a self) -> impl Fn(&str) -> bool + 'a {
    |text| self.matches(text)
}
