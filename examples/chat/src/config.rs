//! The configuration of the server: one struct, from a file, the environment and the command line.

use std::path::{Path, PathBuf};

use figment::Figment;
use figment::error::Kind;
use figment::providers::{Env, Format as _, Serialized, Toml};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use validator::Validate;

/// The prefix of the environment variables.
const PREFIX: &str = "CHAT_";

/// Variables with the prefix that are not settings: the configuration file, and the bundle at compile time.
const OTHER_VARIABLES: [&str; 2] = ["config", "bundle"];

/// The settings of the server. Later sources take precedence: the defaults, the file, the environment (`CHAT_PORT` is
/// `port`), the command line.
#[derive(Clone, Debug, Deserialize, Serialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The port to listen on; 0 selects a free port. A socket that systemd passes takes precedence.
    pub port: u16,
    /// The SQLite file of the accounts. By default, `chat.db` next to the executable.
    pub database: Option<PathBuf>,
    /// The URL of a PostgreSQL database of the accounts, which several processes can share. Replaces `database`.
    pub database_url: Option<String>,
    /// The folder to which mail is written as files.
    pub mail: Option<PathBuf>,
    /// The URL of an SMTP server that sends mail.
    pub smtp: Option<String>,
    /// The sender of mail.
    pub mail_from: String,
    /// The base URL of links in mail. By default, `http://localhost` with the port.
    pub base_url: Option<String>,
    /// The seconds after a password check during which sensitive actions are allowed.
    #[validate(range(min = 1))]
    pub recent_for: u64,
    /// The URL of a Redis server, through which several processes share the rooms.
    pub redis: Option<String>,
    /// The URL of a PostgreSQL database, through which several processes share the rooms. Requires the feature `postgres`.
    pub postgres: Option<String>,
    /// The seconds from SIGTERM to the end of the process.
    #[validate(range(min = 1))]
    pub shutdown_deadline: u64,
    /// The seconds for which the server accepts connections after SIGTERM, so that load balancers notice.
    pub readiness_delay: u64,
    /// The seconds in which the browsers reconnect after SIGTERM.
    pub drain_window: u64,
    /// The networks of proxies that name the client and the trace of a request, such as `["10.0.0.0/8"]`.
    pub trusted_proxies: Vec<IpNet>,
    /// The base URL of an OpenTelemetry collector, such as `http://localhost:4318`. Requires the feature `telemetry`.
    pub otlp: Option<String>,
    /// The address of the metrics for Prometheus, such as `127.0.0.1:9464`. Requires the feature `telemetry`.
    pub metrics: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 8000,
            database: None,
            database_url: None,
            mail: None,
            smtp: None,
            mail_from: "mizan chat <chat@localhost>".to_owned(),
            base_url: None,
            recent_for: 300,
            redis: None,
            postgres: None,
            shutdown_deadline: 30,
            readiness_delay: 0,
            drain_window: 2,
            trusted_proxies: Vec::new(),
            otlp: None,
            metrics: None,
        }
    }
}

impl Config {
    /// Reads the configuration. `overrides` are the settings of the command line.
    ///
    /// # Errors
    ///
    /// Returns an error that names the variable or the key of the file that is unknown or has an invalid value.
    pub fn load(file: Option<&Path>, overrides: impl Serialize) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        let environment = Env::prefixed(PREFIX).ignore(&OTHER_VARIABLES);
        let figment = figment
            .merge(environment)
            .merge(Serialized::defaults(overrides));
        let config: Self = figment.extract().map_err(ConfigError::from_figment)?;
        config
            .validate()
            .map_err(|errors| ConfigError(format!("invalid configuration: {errors}")))?;
        Ok(config)
    }
}

/// An unknown setting, or one with an invalid value.
#[derive(Debug)]
pub struct ConfigError(String);

impl ConfigError {
    fn from_figment(errors: figment::Error) -> Self {
        let messages = errors.into_iter().map(|error| {
            let key = match &error.kind {
                Kind::UnknownField(field, _) => field.clone(),
                _ => error.path.join("."),
            };
            // The key of an entry of a list is followed by its index.
            let setting = key.split('.').next().unwrap_or_default();
            let variable = format!("{PREFIX}{}", setting.to_uppercase());
            let metadata = error.metadata.as_ref();
            let is_variable = match metadata {
                Some(metadata) => metadata.name.contains("environment"),
                None => std::env::var_os(&variable).is_some(),
            };
            if is_variable {
                return format!("environment variable {variable}: {}", error.kind);
            }
            let source = metadata.and_then(|metadata| metadata.source.as_ref());
            match (source, key.is_empty()) {
                (Some(source), false) => format!("`{key}` in {source}: {}", error.kind),
                (Some(source), true) => format!("{source}: {}", error.kind),
                (None, _) => format!("`{key}`: {}", error.kind),
            }
        });
        Self(messages.collect::<Vec<_>>().join("; "))
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}
