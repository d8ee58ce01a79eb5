fn balance(&self) -> BoxFuture<'_, u32> {
    const _: () = {
        #[::sre_core::private::linkme::distributed_slice(::sre_core::private::NAMED)]
        #[linkme(crate = ::sre_core::private::linkme)]
        static NAMED: ::sre_core::private::Named = ::sre_core::private::Named::new(
            &BANK,
            ::core::file!(),
            ::core::line!(),
        );
    };
    let future = ::sre_core::private::run(|| -> BoxFuture<'_, u32> {
        self.read().boxed()
    });
    ::sre_core::private::Box::pin(async move {
        let call = ::sre_core::Sli::start(&BANK);
        let result = future.await;
        let outcome = {
            use ::sre_core::private::{
                OfAnything as _, OfBoth as _, OfError as _, OfFuture as _, OfResult as _,
                OfValue as _, OfWhole as _,
            };
            (&&&&&&::sre_core::private::Probe(&result)).sre_outcome()
        };
        call.finish(outcome);
        result
    })
}
