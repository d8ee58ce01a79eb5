#[sli(BANK)]
fn balance(&self) -> BoxFuture<'_, u32> {
    self.read().boxed()
}
