fn balance(&self) -> BoxFuture<'_, u32> {
    const _: () = {
        #[::sre_core::private::linkme::distributed_slice(::sre_core::private::NAMED)]
        #[linkme(crate = ::sre_core::private::linkme)]
        static __SRE_NAMED: ::sre_core::private::Named = ::sre_core::private::Named::new(
            &BANK,
            ::core::file!(),
            ::core::line!(),
        );
    };
    let __sre_future = ::sre_core::private::run(|| -> BoxFuture<'_, u32> {
        self.read().boxed()
    });
    ::sre_core::private::Box::pin(async move {
        let __sre_call = ::sre_core::Sli::start(&BANK);
        let __sre_result = __sre_future.await;
        let __sre_outcome = {
            use ::sre_core::private::{
                OfAnything as _, OfBoth as _, OfError as _, OfFuture as _, OfResult as _,
                OfValue as _, OfWhole as _,
            };
            (&&&&&&::sre_core::private::Probe(&__sre_result)).sre_outcome()
        };
        __sre_call.finish(__sre_outcome);
        __sre_result
    })
}
