impl<T> Stack<T> {
    const LIMIT: usize = 8;
    pub const fn new() -> Self {
        Self(Vec::new())
    }
    fn push(&mut self, item: T) {
        static __SRE_SLI: ::sre_core::Sli = ::sre_core::Sli::new({
                const PATH: &::core::primitive::str = ::core::concat!(
                    ::core::module_path!(), "::Stack::push"
                );
                const DOTTED: [::core::primitive::u8; ::sre_core::private::dotted_len(
                    PATH,
                )] = ::sre_core::private::dotted(PATH);
                ::sre_core::private::text(&DOTTED)
            })
            .objective(
                ::sre_core::Objective::availability(0.9)
                    .period(
                        ::sre_core::private::Period::rolling(
                            ::sre_core::private::Duration::new(604800u64, 0u32),
                        ),
                    ),
            );
        const _: () = {
            #[::sre_core::private::linkme::distributed_slice(::sre_core::private::NAMED)]
            #[linkme(crate = ::sre_core::private::linkme)]
            static __SRE_NAMED: ::sre_core::private::Named = ::sre_core::private::Named::new(
                &__SRE_SLI,
                ::core::file!(),
                ::core::line!(),
            );
        };
        let __sre_call = ::sre_core::Sli::start(&__SRE_SLI);
        let __sre_result: () = ::sre_core::private::run(|| -> () {
            self.0.push(item);
        });
        let __sre_outcome = {
            use ::sre_core::private::{
                OfAnything as _, OfBoth as _, OfError as _, OfFuture as _, OfResult as _,
                OfValue as _, OfWhole as _,
            };
            (&&&&&&::sre_core::private::Probe(&__sre_result)).sre_outcome()
        };
        __sre_call.finish(__sre_outcome);
        __sre_result
    }
    fn run(self) -> ! {
        static __SRE_SLI: ::sre_core::Sli = ::sre_core::Sli::new({
                const PATH: &::core::primitive::str = ::core::concat!(
                    ::core::module_path!(), "::Stack::run"
                );
                const DOTTED: [::core::primitive::u8; ::sre_core::private::dotted_len(
                    PATH,
                )] = ::sre_core::private::dotted(PATH);
                ::sre_core::private::text(&DOTTED)
            })
            .objective(
                ::sre_core::Objective::availability(0.9)
                    .period(
                        ::sre_core::private::Period::rolling(
                            ::sre_core::private::Duration::new(604800u64, 0u32),
                        ),
                    ),
            );
        const _: () = {
            #[::sre_core::private::linkme::distributed_slice(::sre_core::private::NAMED)]
            #[linkme(crate = ::sre_core::private::linkme)]
            static __SRE_NAMED: ::sre_core::private::Named = ::sre_core::private::Named::new(
                &__SRE_SLI,
                ::core::file!(),
                ::core::line!(),
            );
        };
        let __sre_call = ::sre_core::Sli::start(&__SRE_SLI);
        loop {}
    }
    #[sli(skip)]
    fn len(&self) -> usize {
        self.0.len()
    }
}
