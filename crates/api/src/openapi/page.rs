//! Lists in pages.

use utoipa::{IntoParams, ToSchema};

/// Where a page stands in its list.
#[derive(ToSchema)]
pub struct Meta {
    #[schema(minimum = 1)]
    pub current_page: i64,
    pub total_pages: i64,
    pub total_count: i64,
}

/// Which page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// From 1.
    #[param(nullable = false, minimum = 1, maximum = 4_294_967_295_i64, default = 1)]
    pub page: Option<i64>,
    /// How many to a page.
    #[param(nullable = false, minimum = 1, maximum = 100, default = 25)]
    pub per_page: Option<i64>,
}
