//! Blocks, traits, and `async_trait` on either side.

use async_trait::async_trait;
use slo::{Sli, sli};

static CART: Sli = Sli::new("cart");

/// What somebody wants to buy.
#[derive(Clone, Debug, Default)]
pub struct Cart<T> {
    items: Vec<T>,
}

#[sli(CART, crate = slo)]
impl<T: Clone> Cart<T> {
    /// Puts `item` in.
    ///
    /// # Errors
    ///
    /// When there are three items already.
    pub fn add(&mut self, item: T) -> Result<&mut Self, String> {
        if self.items.len() == 3 {
            return Err("full".to_owned());
        }
        self.items.push(item);
        Ok(self)
    }

    /// The first `N` items.
    #[must_use]
    pub fn head<const N: usize>(&self) -> Option<[&T; N]> {
        self.items.get(..N)?.iter().collect::<Vec<_>>().try_into().ok()
    }

    /// Not measured.
    #[cfg_attr(true, sli(skip))]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.items.len()
    }

    /// Not measured either.
    #[sli(skip)]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// Something with an area.
#[sli(name = "shape", crate = slo)]
pub trait Shape {
    /// In square metres.
    fn area(&self) -> f64;

    /// Twice the [area](Self::area).
    fn double(&self) -> f64 {
        self.area() * 2.0
    }
}

impl Shape for f64 {
    fn area(&self) -> f64 {
        self * self
    }
}

static STORE: Sli = Sli::new("store");

/// Where things are kept.
#[async_trait]
pub trait Store {
    /// The thing called `name`.
    async fn find(&self, name: &str) -> Result<u32, String>;

    /// How many there are.
    async fn count(&self) -> usize;
}

/// One that sells.
#[derive(Clone, Debug, Default)]
pub struct Shop {
    names: Vec<String>,
}

#[sli(STORE, crate = slo)]
#[async_trait]
impl Store for Shop {
    async fn find(&self, name: &str) -> Result<u32, String> {
        let found = self.names.iter().position(|known| known == name).ok_or("unknown")?;
        u32::try_from(found).map_err(|error| error.to_string())
    }

    async fn count(&self) -> usize {
        self.names.len()
    }
}

#[async_trait]
#[sli(STORE, crate = slo)]
impl Store for Cart<u32> {
    async fn find(&self, name: &str) -> Result<u32, String> {
        let number = name.parse::<u32>().map_err(|error| error.to_string())?;
        if self.items.contains(&number) {
            return Ok(number);
        }
        Err("unknown".to_owned())
    }

    async fn count(&self) -> usize {
        self.items.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{block_on, counts, is_known};

    #[test]
    fn blocks_count_what_they_do_not_skip() {
        let mut cart = Cart::default();
        assert!(cart.add(1).is_ok() && cart.add(2).is_ok() && cart.add(3).is_ok());
        assert!(cart.add(4).is_err());
        assert_eq!(cart.head(), Some([&1, &2]));
        assert!(cart.len() == 3 && !cart.is_empty());
        counts(&CART, [4, 1, 0]);
    }

    #[test]
    fn default_bodies_of_a_trait_have_an_sli() {
        assert!((3.0_f64.double() - 18.0).abs() < 1e-9);
        is_known("shape.double");
    }

    #[test]
    fn async_trait_may_stand_on_either_side() {
        let shop = Shop { names: vec!["a".to_owned()] };
        let cart = Cart { items: vec![7] };
        assert_eq!((block_on(shop.find("a")), block_on(cart.find("7"))), (Ok(0), Ok(7)));
        assert_eq!(block_on(shop.count()) + block_on(cart.count()), 2);
        assert!(block_on(shop.find("b")).is_err());
        assert!(block_on(cart.find("8")).is_err() && block_on(cart.find("x")).is_err());
        counts(&STORE, [4, 3, 0]);
    }
}
