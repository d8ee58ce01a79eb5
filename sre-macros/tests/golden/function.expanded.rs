pub fn checkout<'a>(
    &'a mut self,
    cart: impl Into<Cart>,
) -> Result<&'a Receipt, CheckoutError> {
    const _: () = {
        #[::sre_core::private::linkme::distributed_slice(::sre_core::private::NAMED)]
        #[linkme(crate = ::sre_core::private::linkme)]
        static NAMED: ::sre_core::private::Named = ::sre_core::private::Named::new(
            &CHECKOUT,
            ::core::file!(),
            ::core::line!(),
        );
    };
    let call = ::sre_core::Sli::start(&CHECKOUT);
    let result = ::sre_core::private::run(|| -> Result<&'a Receipt, CheckoutError> {
        let receipt = self.pay(cart.into())?;
        Ok(receipt)
    });
    let outcome = {
        use ::sre_core::private::{
            OfAnything as _, OfBoth as _, OfError as _, OfFuture as _, OfResult as _,
            OfValue as _, OfWhole as _,
        };
        (&&&&&&::sre_core::private::Probe(&result)).sre_outcome()
    };
    call.finish(outcome);
    result
}
