//! Crates below 1.0 whose types and traits may be in public signatures.

/// A decision that a crate below 1.0 may appear in the public API of a package of this workspace.
pub(super) struct Decision {
    /// The package of this workspace.
    pub(super) package: &'static str,
    /// The library below 1.0.
    pub(super) library: &'static str,
    pub(super) reason: &'static str,
}

pub(super) const DECISIONS: &[Decision] = &[
    Decision {
        package: "mizan-auth",
        library: "jiff",
        reason: "`Timestamp` is the project's type for moments; records, `Clock` and the outputs of functions have it",
    },
    Decision {
        package: "mizan-auth",
        library: "sqlx_postgres",
        reason: "`PostgresStore::new` takes a pool, so that an application shares its own",
    },
    Decision {
        package: "mizan-auth",
        library: "sqlx_sqlite",
        reason: "`SqliteStore::new` takes a pool, so that an application shares its own",
    },
    Decision {
        package: "mizan-auth",
        library: "validator",
        reason: "the forms of the account flows derive `Validate`, which `Form` requires",
    },
    Decision {
        package: "mizan-explorer",
        library: "pin_project_lite",
        reason: "the `Unpin` implementations of its macro name it; users cannot",
    },
    Decision {
        package: "mizan-explorer",
        library: "tower_layer",
        reason: "`Layer` is the trait that routers accept",
    },
    Decision {
        package: "mizan-explorer",
        library: "tower_service",
        reason: "`Service` is the trait that routers and servers accept",
    },
    Decision {
        package: "mizan-channels",
        library: "sqlx_postgres",
        reason: "`PostgresBroker::new` takes a pool, and `publish_in` the connection of a transaction",
    },
    Decision {
        package: "mizan-http",
        library: "axum_core",
        reason: "`Cx::extract` takes axum's extractors (feature `axum`)",
    },
    Decision {
        package: "mizan-core",
        library: "cookie",
        reason: "`Cx::set_cookie` takes the `Cookie` that applications build with the crate",
    },
    Decision {
        package: "mizan-core",
        library: "futures_core",
        reason: "`BoxFuture` is an alias of a standard type, which a new version does not change",
    },
    Decision {
        package: "mizan-core",
        library: "tokio_util",
        reason: "`CancellationToken` is the type that applications pass on to their own tasks",
    },
    Decision {
        package: "mizan-core",
        library: "validator",
        reason: "inputs derive `Validate`; only the trait is in signatures, never its error",
    },
    Decision {
        package: "mizan-http",
        library: "pin_project_lite",
        reason: "the `Unpin` implementations of its macro name it; users cannot",
    },
    Decision {
        package: "mizan-http",
        library: "tokio_util",
        reason: "`Shutdown::started` returns the `CancellationToken` that applications pass on to their own tasks",
    },
    Decision {
        package: "mizan-http",
        library: "tower_layer",
        reason: "`Layer` is the trait that routers accept",
    },
    Decision {
        package: "mizan-http",
        library: "tower_service",
        reason: "`Service` is the trait that routers and servers accept",
    },
    Decision {
        package: "mizan-ssr",
        library: "futures_core",
        reason: "`Stream` is the trait of streams, until the standard library has one",
    },
    Decision {
        package: "mizan-ssr",
        library: "tower_service",
        reason: "`Service` is the trait that routers and servers accept",
    },
];
