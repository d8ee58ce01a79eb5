fn matcher<'a>(&'a self) -> impl Fn(&str) -> bool + 'a {
    const _: () = {
        #[::sre_core::private::linkme::distributed_slice(::sre_core::private::NAMED)]
        #[linkme(crate = ::sre_core::private::linkme)]
        static __SRE_NAMED: ::sre_core::private::Named = ::sre_core::private::Named::new(
            &SEARCH,
            ::core::file!(),
            ::core::line!(),
        );
    };
    let __sre_call = ::sre_core::private::OkAtReturn::new(
        ::sre_core::Sli::start(&SEARCH),
    );
    |text| self.matches(text)
}
