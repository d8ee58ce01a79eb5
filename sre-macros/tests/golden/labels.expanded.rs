#[automatically_derived]
impl<'a> ::sre_core::private::Labels for Request<'a>
where
    Method: ::sre_core::private::LabelValue,
    &'a str: ::sre_core::private::LabelValue,
    &'static str: ::sre_core::private::LabelValue,
{
    const NAMES: &'static [&'static ::core::primitive::str] = &[
        "method",
        "http_route",
        "zone",
    ];
    const DENSE: ::core::option::Option<::core::primitive::usize> = ::sre_core::private::combinations(
        &[
            <Method as ::sre_core::private::LabelValue>::CLOSED,
            <&'a str as ::sre_core::private::LabelValue>::CLOSED,
            <&'static str as ::sre_core::private::LabelValue>::CLOSED,
        ],
    );
    #[inline]
    fn dense_index(&self) -> ::core::primitive::usize {
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
    fn content_hash(
        &self,
        __sre_seed: ::core::primitive::u64,
    ) -> ::core::primitive::u64 {
        ::sre_core::private::LabelValue::mix_into(
            &self.zone,
            ::sre_core::private::LabelValue::mix_into(
                &self.route,
                ::sre_core::private::LabelValue::mix_into(&self.method, __sre_seed),
            ),
        )
    }
    #[inline]
    fn matches<__SreText: ::core::convert::AsRef<::core::primitive::str>>(
        &self,
        __sre_values: &[__SreText],
    ) -> ::core::primitive::bool {
        match __sre_values {
            [__sre_stored_method, __sre_stored_route, __sre_stored_zone] => {
                ::sre_core::private::LabelValue::is(
                    &self.method,
                    ::core::convert::AsRef::as_ref(__sre_stored_method),
                )
                    && ::sre_core::private::LabelValue::is(
                        &self.route,
                        ::core::convert::AsRef::as_ref(__sre_stored_route),
                    )
                    && ::sre_core::private::LabelValue::is(
                        &self.zone,
                        ::core::convert::AsRef::as_ref(__sre_stored_zone),
                    )
            }
            _ => false,
        }
    }
    fn visit(
        &self,
        mut __sre_visitor: impl ::core::ops::FnMut(&::core::primitive::str),
    ) {
        ::sre_core::private::LabelValue::with_text(&self.method, &mut __sre_visitor);
        ::sre_core::private::LabelValue::with_text(&self.route, &mut __sre_visitor);
        ::sre_core::private::LabelValue::with_text(&self.zone, &mut __sre_visitor);
    }
}
