#[doc(hidden)]
async fn search(query: &str) -> Hits {
    #![allow(unused)]
    static __SRE_SLI: ::sre_core::Sli = ::sre_core::Sli::new("search")
        .objective(
            ::sre_core::Objective::availability(0.995)
                .period(
                    ::sre_core::private::Period::calendar(
                        ::sre_core::private::CalendarUnit::Month,
                        "Europe/Berlin",
                    ),
                ),
        )
        .objective(
            ::sre_core::Objective::latency(
                    0.95,
                    ::sre_core::private::Duration::new(0u64, 250000000u32),
                )
                .period(
                    ::sre_core::private::Period::calendar(
                        ::sre_core::private::CalendarUnit::Month,
                        "Europe/Berlin",
                    ),
                ),
        )
        .objective(
            ::sre_core::Objective::latency(TARGET, LIMIT)
                .period(
                    ::sre_core::private::Period::calendar(
                        ::sre_core::private::CalendarUnit::Month,
                        "Europe/Berlin",
                    ),
                ),
        )
        .abandoned(
            ::sre_core::private::AbandonedPolicy::BadAfter(
                ::sre_core::private::Duration::new(2u64, 0u32),
            ),
        );
    const _: () = {
        #[::sre_core::private::linkme::distributed_slice(::sre_core::private::NAMED)]
        #[linkme(crate = ::sre_core::private::linkme)]
        static __SRE_NAMED: ::sre_core::private::Named = ::sre_core::private::Named::new(
            &__SRE_SLI,
            ::core::file!(),
            ::core::line!(),
        );
    };
    let __sre_call = ::sre_core::Sli::start(&__SRE_SLI);
    let __sre_result = async move {
        if false {
            return ::sre_core::private::never::<Hits>();
        }
        find(query).await
    }
        .await;
    let __sre_outcome = if ::sre_core::private::holds(
        &__sre_result,
        |hits| hits.is_cached(),
    ) {
        ::sre_core::sli::Outcome::Ignored
    } else {
        if ::sre_core::private::holds(&__sre_result, Hits::is_empty) {
            ::sre_core::sli::Outcome::Error
        } else {
            ::sre_core::sli::Outcome::Ok
        }
    };
    __sre_call.finish(__sre_outcome);
    __sre_result
}
