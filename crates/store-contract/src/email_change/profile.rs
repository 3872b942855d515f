//! A change of the address together with the profile.

use keywright_domain::Stores;
use keywright_domain::activity::Event;
use keywright_domain::email_change::BUDGET;
use keywright_domain::email_change::port::Asking;
use keywright_domain::session::SessionKind;
use keywright_domain::user::ProfileChange;

use super::{account, ask, change};
use crate::fixture::{ADA, email, events, request_context, sign_in};

/// A refused address change leaves the profile unchanged, too.
pub async fn the_profile_and_the_address_change_together_or_not_at_all(stores: Stores) {
    let (session, _) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let named = |name: &str| ProfileChange { name: Some(name.to_owned()), ..ProfileChange::default() };
    let ask_as = async |name: &str, second| {
        let (at, user) = (request_context(second), account(&stores, &session).await);
        let change = change(&user, &session, "new@example.net", &at);
        let mail = change.asked_mail(&at);
        stores.email_changes.ask(&change, &named(name), &mail, &at).await.unwrap()
    };

    let asked = ask_as("Ada", 1).await;
    let user = account(&stores, &session).await;
    assert_eq!(asked, Asking::Asked(user.clone()));
    assert_eq!(
        (user.pending_email, user.profile.name.as_deref()),
        (Some(email("new@example.net")), Some("Ada"))
    );
    let mut recorded = events(&stores, user.id).await[..2].to_vec();
    recorded.sort_by_key(|event| *event == Event::ProfileChanged);
    assert_eq!(recorded, [Event::EmailChangeRequested, Event::ProfileChanged]);

    let withdrawn =
        stores.email_changes.withdraw(user.id, &named("Ada L."), &request_context(2)).await.unwrap().unwrap();
    assert_eq!(withdrawn, account(&stores, &session).await);
    assert_eq!((withdrawn.pending_email, withdrawn.profile.name.as_deref()), (None, Some("Ada L.")));
    assert_eq!(events(&stores, user.id).await[0], Event::ProfileChanged);

    for second in 3..i64::from(BUDGET) + 2 {
        ask(&stores, &session, "new@example.net", second).await;
    }
    let refused = ask_as("Nobody", 100).await;
    assert!(matches!(refused, Asking::OverBudget { .. }), "{refused:?}");
    assert_eq!(account(&stores, &session).await.profile.name.as_deref(), Some("Ada L."));
}
