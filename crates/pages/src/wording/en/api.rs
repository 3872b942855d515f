//! /api/docs in English.

use crate::wording::api::Api;

pub const API: Api = Api {
    heading: "The API",
    contents: "Contents",
    source: "The same for programs: OpenAPI 3.1",
    must_authenticate: "Needs one of:",
    may_authenticate: "Takes:",
    parameters: "Parameters:",
    body: "Body:",
    required: "required",
    errors: "Errors",
    schemas: "Schemas",
};
