//! The stores of Keywright.
//!
//! [`memory`] forgets everything when it is dropped, and has no database library among its dependencies: it is
//! what tests swap in. [`sqlite`] keeps everything in one file, [`postgres`] in a database that many servers share. All keep
//! the promises of the domain's ports, which one contract suite proves for each.

#[cfg(feature = "memory")]
pub mod memory;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod rows;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod schema;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod schema_difference;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod within;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use self::schema_difference::SchemaDifference;
