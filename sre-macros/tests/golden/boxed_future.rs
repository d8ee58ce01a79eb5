#[sli(BANK, always_ok)]
fn balance<'a>(&'a self) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send + 'a>> {
    let account = self.account;
    Box::pin(async move {
        let balance = self.read(account).await?;
        Ok(balance)
    })
}
