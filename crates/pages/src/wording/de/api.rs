//! /api/docs in German.

use crate::wording::api::Api;

pub const API: Api = Api {
    heading: "Die Schnittstelle",
    contents: "Inhalt",
    source: "Dasselbe für Programme: OpenAPI 3.1",
    must_authenticate: "Braucht eines von:",
    may_authenticate: "Nimmt:",
    parameters: "Parameter:",
    body: "Inhalt der Anfrage:",
    required: "nötig",
    errors: "Fehler",
    schemas: "Schemata",
};
