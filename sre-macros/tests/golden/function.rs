#[sli(CHECKOUT)]
pub fn checkout<'a>(&'a mut self, cart: impl Into<Cart>) -> Result<&'a Receipt, CheckoutError> {
    let receipt = self.pay(cart.into())?;
    Ok(receipt)
}
