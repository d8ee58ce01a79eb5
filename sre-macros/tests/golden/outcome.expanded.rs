#[automatically_derived]
impl<E> ::sre_core::sli::Classify for OrderError<E>
where
    E: ::sre_core::sli::Classify,
{
    #[inline]
    fn classify(&self) -> ::sre_core::sli::Outcome {
        match self {
            Self::SoldOut { .. } => ::sre_core::sli::Outcome::Ignored,
            Self::TooSlow { .. } => {
                ::sre_core::sli::Outcome::Abandoned(::sre_core::sli::Abandoned::TimedOut)
            }
            Self::Payment { 0: __sre_inner } => {
                ::sre_core::sli::Classify::classify(__sre_inner)
            }
        }
    }
}
