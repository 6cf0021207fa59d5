//! Options of the generator.

/// The TypeScript types of dates and times.
///
/// `Date` is a moment with milliseconds, so only moments become a `Date` by default. Calendar dates,
/// times of day, zoned times and durations are strings with their own types.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
#[non_exhaustive]
pub enum Dates {
    /// Moments are `Date`, the others are strings.
    #[default]
    Date,
    /// All are classes of the global `Temporal`.
    Temporal,
    /// All are classes of `Temporal` from the npm package `temporal-polyfill`.
    TemporalPolyfill,
}

/// Options of the generator.
///
/// ```
/// use mizan_codegen::{Dates, GenerateOptions, Manifest};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let manifest = Manifest::parse(
///     r#"{
///         "mizan": 1,
///         "contract": "9f86d081884c7d65",
///         "codes": [],
///         "functions": [{
///             "name": "now", "kind": "query",
///             "output": { "type": "string", "format": "date-time" }
///         }]
///     }"#,
/// )?;
/// let files = GenerateOptions::default().with_dates(Dates::Temporal).generate(&manifest)?;
/// let client = files.get("client.ts").unwrap_or_default();
/// assert!(client.contains("readonly now: Query<void, Temporal.Instant, types.CommonError>;"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GenerateOptions {
    pub(crate) dates: Dates,
    pub(crate) declaration_maps: Option<String>,
    pub(crate) type_check: bool,
}

impl GenerateOptions {
    /// Sets the TypeScript types of dates and times.
    #[must_use]
    pub fn with_dates(mut self, dates: Dates) -> Self {
        self.dates = dates;
        self
    }

    /// Generates code that TypeScript checks together with the application.
    ///
    /// By default, TypeScript checks only the types of the exports where the application uses them, and
    /// not the bodies of functions and schemas, which takes most of the time of `tsc` for a large client.
    #[must_use]
    pub fn with_type_check(mut self) -> Self {
        self.type_check = true;
        self
    }

    /// Generates declaration maps, with which editors open the Rust source of a function, hook, form or
    /// channel.
    ///
    /// `root` is the relative path from the output folder to the folder that the paths of Rust sources
    /// are relative to, which is the root of the Cargo workspace, such as `../../..`.
    #[must_use]
    pub fn with_declaration_maps(mut self, root: &str) -> Self {
        self.declaration_maps = Some(match root.trim_end_matches('/') {
            "" => String::new(),
            root => format!("{root}/"),
        });
        self
    }
}
