#[automatically_derived]
impl<'a> ::sre_core::private::Labels for Request<'a>
where
    Method: ::sre_core::private::LabelValue,
    &'a str: ::sre_core::private::LabelValue,
    &'static str: ::sre_core::private::LabelValue,
{
    const NAMES: &'static [&'static str] = &["method", "http_route", "zone"];
    const DENSE: ::core::option::Option<usize> = ::sre_core::private::combinations(
        &[
            <Method as ::sre_core::private::LabelValue>::CLOSED,
            <&'a str as ::sre_core::private::LabelValue>::CLOSED,
            <&'static str as ::sre_core::private::LabelValue>::CLOSED,
        ],
    );
    #[inline]
    fn dense_index(&self) -> usize {
        if <Self as ::sre_core::private::Labels>::DENSE.is_some() {
            ::sre_core::private::place(
                ::sre_core::private::place(
                    ::sre_core::private::place(0, &self.method),
                    &self.route,
                ),
                &self.zone,
            )
        } else {
            0
        }
    }
    #[inline]
    fn identity(&self) -> ::core::option::Option<::sre_core::private::Identity> {
        ::sre_core::private::IdentityBuilder::new()
            .field(&self.method)
            .field(&self.route)
            .static_text(self.zone)
            .finish()
    }
    #[inline]
    fn content_hash(&self, seed: u64) -> u64 {
        ::sre_core::private::LabelValue::mix_into(
            &self.zone,
            ::sre_core::private::LabelValue::mix_into(
                &self.route,
                ::sre_core::private::LabelValue::mix_into(&self.method, seed),
            ),
        )
    }
    #[inline]
    fn matches<S: ::core::convert::AsRef<str>>(&self, values: &[S]) -> bool {
        match values {
            [stored_method, stored_route, stored_zone] => {
                ::sre_core::private::LabelValue::is(
                    &self.method,
                    ::core::convert::AsRef::as_ref(stored_method),
                )
                    && ::sre_core::private::LabelValue::is(
                        &self.route,
                        ::core::convert::AsRef::as_ref(stored_route),
                    )
                    && ::sre_core::private::LabelValue::is(
                        &self.zone,
                        ::core::convert::AsRef::as_ref(stored_zone),
                    )
            }
            _ => false,
        }
    }
    fn visit(&self, mut visitor: impl ::core::ops::FnMut(&str)) {
        ::sre_core::private::LabelValue::with_text(&self.method, &mut visitor);
        ::sre_core::private::LabelValue::with_text(&self.route, &mut visitor);
        ::sre_core::private::LabelValue::with_text(&self.zone, &mut visitor);
    }
}
