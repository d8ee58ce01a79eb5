fn balance<'a>(
    &'a self,
) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send + 'a>> {
    const _: () = {
        #[::sre_core::private::linkme::distributed_slice(::sre_core::private::NAMED)]
        #[linkme(crate = ::sre_core::private::linkme)]
        static __SRE_NAMED: ::sre_core::private::Named = ::sre_core::private::Named::new(
            &BANK,
            ::core::file!(),
            ::core::line!(),
        );
    };
    let account = self.account;
    Box::pin(async move {
        let __sre_call = ::sre_core::Sli::start(&BANK);
        let __sre_result = async move {
            if false {
                return ::sre_core::private::never::<Result<u32, Error>>();
            }
            let balance = self.read(account).await?;
            Ok(balance)
        }
            .await;
        let __sre_outcome = ::sre_core::sli::Outcome::Ok;
        __sre_call.finish(__sre_outcome);
        __sre_result
    })
}
