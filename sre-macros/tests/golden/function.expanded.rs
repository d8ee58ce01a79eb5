pub fn checkout<'a>(
    &'a mut self,
    cart: impl Into<Cart>,
) -> Result<&'a Receipt, CheckoutError> {
    const _: () = {
        #[::sre_core::private::linkme::distributed_slice(::sre_core::private::NAMED)]
        #[linkme(crate = ::sre_core::private::linkme)]
        static __SRE_NAMED: ::sre_core::private::Named = ::sre_core::private::Named::new(
            &CHECKOUT,
            ::core::file!(),
            ::core::line!(),
        );
    };
    let __sre_call = ::sre_core::Sli::start(&CHECKOUT);
    let __sre_result = ::sre_core::private::run(|| -> Result<&'a Receipt, CheckoutError> {
        let receipt = self.pay(cart.into())?;
        Ok(receipt)
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
