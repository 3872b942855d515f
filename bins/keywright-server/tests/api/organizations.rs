//! GET /auth/organizations (contract §7).

use keywright_domain::email::EmailAddress;
use keywright_domain::id::OrganizationId;
use keywright_domain::organization::{Organization, OrganizationName, Role, Slug};
use serde_json::json;

use crate::harness::Keywright;

/// Creates an organization with `email` as a member.
async fn join(keywright: &Keywright, slug: &str, email: &str, role: Role) -> Organization {
    let stores = &keywright.service.stores;
    let organization = Organization {
        id: OrganizationId::new(keywright.service.entropy.as_ref()),
        name: OrganizationName::parse("Acme Ltd.").unwrap(),
        slug: Slug::parse(slug).unwrap(),
        created_at: keywright.service.clock.now(),
    };
    stores.organizations.create(&organization).await.unwrap();
    let email = EmailAddress::parse(email).unwrap();
    let user = stores.users.find_by_email(&email).await.unwrap().unwrap();
    stores.organizations.add_member(organization.id, user.id, role).await.unwrap();
    organization
}

#[tokio::test]
async fn the_organizations_of_an_account_are_listed_with_roles() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in("ada@example.com").await;
    let bob = keywright.sign_in("bob@example.com").await;
    let acme = join(&keywright, "acme", "ada@example.com", Role::Owner).await;
    join(&keywright, "zoo", "ada@example.com", Role::Member).await;

    let answer = keywright.get_as(&ada.access, "/api/v1/auth/organizations?per_page=1").await.json();

    let expected = json!({
        "id": acme.id, "name": "Acme Ltd.", "slug": "acme", "role": "owner", "created_at": "2027-01-15T08:00:00Z",
    });
    assert_eq!(answer["data"], json!([expected]));
    assert_eq!(answer["meta"], json!({"current_page": 1, "total_pages": 2, "total_count": 2}));
    let none = keywright.get_as(&bob.access, "/api/v1/auth/organizations").await.json();
    assert_eq!(none, json!({"data": [], "meta": {"current_page": 1, "total_pages": 0, "total_count": 0}}));
    assert_eq!(keywright.get("/api/v1/auth/organizations").await.code(), "401 unauthorized");
}

#[tokio::test]
async fn the_last_owner_of_an_organization_cannot_leave() {
    let keywright = Keywright::start().await;
    let ada = keywright.sign_in("ada@example.com").await;
    let acme = join(&keywright, "acme", "ada@example.com", Role::Owner).await;

    let refused = keywright.delete_me(&ada.access).await;

    assert_eq!(refused.code(), "409 conflict");
    assert_eq!(keywright.get_as(&ada.access, "/api/v1/auth/me").await.status, 200);

    keywright.sign_in("bob@example.com").await;
    let bob = EmailAddress::parse("bob@example.com").unwrap();
    let bob = keywright.service.stores.users.find_by_email(&bob).await.unwrap().unwrap();
    keywright.service.stores.organizations.add_member(acme.id, bob.id, Role::Owner).await.unwrap();
    assert_eq!(keywright.delete_me(&ada.access).await.status, 204);
}
