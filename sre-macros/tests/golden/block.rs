#[sli(period = "7d", availability = 0.9)]
impl<T> Stack<T> {
    const LIMIT: usize = 8;

    pub const fn new() -> Self {
        Self(Vec::new())
    }

    fn push(&mut self, item: T) {
        self.0.push(item);
    }

    fn run(self) -> ! {
        loop {}
    }

    #[sli(skip)]
    fn len(&self) -> usize {
        self.0.len()
    }
}
