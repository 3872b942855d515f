//! Organizations.

use keywright_domain::Stores;
use keywright_domain::id::{OrganizationId, UserId};
use keywright_domain::organization::port::{Addition, Creation};
use keywright_domain::organization::{Organization, OrganizationName, Role, Slug};
use keywright_domain::page::Page;
use keywright_domain::session::SessionKind;
use keywright_domain::user::port::Deletion;

use crate::fixture::{ADA, BOB, ENTROPY, RACERS, at, count, race, sign_in, unknown_user};

fn organization(slug: &str) -> Organization {
    Organization {
        id: OrganizationId::new(&ENTROPY),
        name: OrganizationName::parse(&format!("The {slug} (Ltd.)")).unwrap(),
        slug: Slug::parse(slug).unwrap(),
        created_at: at(0),
    }
}

pub(crate) async fn create(stores: &Stores, slug: &str) -> Organization {
    let organization = organization(slug);
    assert_eq!(stores.organizations.create(&organization).await.unwrap(), Creation::Created);
    organization
}

pub(crate) async fn add(stores: &Stores, organization: &Organization, user: UserId, role: Role) -> Addition {
    stores.organizations.add_member(organization.id, user, role).await.unwrap()
}

/// The slug is unique.
pub async fn an_organization_is_stored_unchanged(stores: Stores) {
    let acme = create(&stores, "acme").await;
    let other = create(&stores, "aardvark").await;
    let taken = organization("acme");

    assert_eq!(stores.organizations.create(&taken).await.unwrap(), Creation::SlugTaken);

    assert_eq!(stores.organizations.find_by_slug(&acme.slug).await.unwrap(), Some(acme.clone()));
    assert_eq!(stores.organizations.find_by_slug(&Slug::parse("x").unwrap()).await.unwrap(), None);
    let page = |number| stores.organizations.list(Page::new(number, 1).unwrap());
    let (first, second) = (page(1).await.unwrap(), page(2).await.unwrap());
    assert_eq!((first.items, first.total), (vec![other], 2));
    assert_eq!((second.items, second.total), (vec![acme], 2));
}

pub async fn one_of_racing_organizations_gets_a_slug(stores: Stores) {
    let made = race(&stores, RACERS, |stores, _| async move {
        stores.organizations.create(&organization("acme")).await.unwrap()
    })
    .await;

    assert_eq!(count(&made, |made| *made == Creation::Created), 1);
    assert_eq!(stores.organizations.list(Page::default()).await.unwrap().total, 1);
}

pub async fn members_have_the_role_given_last(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (_, bob) = sign_in(&stores, BOB, SessionKind::Tokens, 0).await;
    let (acme, zoo) = (create(&stores, "acme").await, create(&stores, "zoo").await);

    assert_eq!(add(&stores, &zoo, ada.id, Role::Owner).await, Addition::Added);
    assert_eq!(add(&stores, &acme, ada.id, Role::Member).await, Addition::Added);
    assert_eq!(add(&stores, &acme, ada.id, Role::Admin).await, Addition::RoleChanged);
    assert_eq!(add(&stores, &acme, unknown_user(), Role::Member).await, Addition::NotFound);
    assert_eq!(add(&stores, &organization("gone"), ada.id, Role::Member).await, Addition::NotFound);

    let theirs = stores.organizations.list_of(ada.id, Page::default()).await.unwrap();
    assert_eq!((theirs.items, theirs.total), (vec![(acme, Role::Admin), (zoo.clone(), Role::Owner)], 2));
    let second = stores.organizations.list_of(ada.id, Page::new(2, 1).unwrap()).await.unwrap();
    assert_eq!((second.items, second.total), (vec![(zoo, Role::Owner)], 2));
    assert_eq!(stores.organizations.list_of(bob.id, Page::default()).await.unwrap().total, 0);
}

/// Neither a lesser role nor a deleted account leaves an organization without an owner.
pub async fn the_last_owner_cannot_leave(stores: Stores) {
    let (_, ada) = sign_in(&stores, ADA, SessionKind::Tokens, 0).await;
    let (_, bob) = sign_in(&stores, BOB, SessionKind::Tokens, 0).await;
    let acme = create(&stores, "acme").await;
    add(&stores, &acme, ada.id, Role::Owner).await;
    add(&stores, &acme, bob.id, Role::Admin).await;

    assert_eq!(add(&stores, &acme, ada.id, Role::Member).await, Addition::LastOwner);
    assert_eq!(stores.users.delete(ada.id).await.unwrap(), Deletion::LastOwner);
    assert_eq!(stores.users.find(ada.id).await.unwrap(), Some(ada.clone()));

    add(&stores, &acme, bob.id, Role::Owner).await;
    assert_eq!(add(&stores, &acme, ada.id, Role::Member).await, Addition::RoleChanged);
    assert_eq!(stores.users.delete(ada.id).await.unwrap(), Deletion::Deleted);
    assert_eq!(stores.users.delete(bob.id).await.unwrap(), Deletion::LastOwner);
}

pub async fn one_of_racing_owners_remains(stores: Stores) {
    let acme = create(&stores, "acme").await;
    let mut owners = Vec::new();
    for number in 0..RACERS {
        let (_, user) =
            sign_in(&stores, &format!("owner-{number}@example.com"), SessionKind::Tokens, 0).await;
        add(&stores, &acme, user.id, Role::Owner).await;
        owners.push(user.id);
    }
    let id = acme.id;

    let left = race(&stores, RACERS, |stores, racer| {
        let user = owners[racer];
        async move {
            if racer % 2 == 0 {
                return stores.users.delete(user).await.unwrap() == Deletion::Deleted;
            }
            let less = stores.organizations.add_member(id, user, Role::Member);
            less.await.unwrap() == Addition::RoleChanged
        }
    })
    .await;

    assert_eq!(count(&left, |left| *left), RACERS - 1);
}
