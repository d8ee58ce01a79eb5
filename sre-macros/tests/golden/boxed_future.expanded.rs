fn balance<'a>(
    &'a self,
) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send + 'a>> {
    const _: () = {
        #[::sre_core::private::linkme::distributed_slice(::sre_core::private::NAMED)]
        #[linkme(crate = ::sre_core::private::linkme)]
        static NAMED: ::sre_core::private::Named = ::sre_core::private::Named::new(
            &BANK,
            ::core::file!(),
            ::core::line!(),
        );
    };
    let account = self.account;
    Box::pin(async move {
        let call = ::sre_core::Sli::start(&BANK);
        let result = async move {
            if false {
                return ::sre_core::private::never::<Result<u32, Error>>();
            }
            let balance = self.read(account).await?;
            Ok(balance)
        }
            .await;
        let outcome = ::sre_core::sli::Outcome::Ok;
        call.finish(outcome);
        result
    })
}
