//! Logs, traces for OpenTelemetry, and metrics for Prometheus.

use anyhow::Context as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::Config;

/// The exporters of a process.
#[derive(Default)]
pub struct Telemetry {
    #[cfg(feature = "telemetry")]
    traces: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

/// Starts the log on the standard error, and the exporters of the configuration. `RUST_LOG` filters logs and spans.
///
/// # Errors
///
/// Returns an error if an exporter cannot be created, or is configured and not part of the program.
pub async fn start(config: &Config) -> anyhow::Result<Telemetry> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    let log = fmt::layer().with_writer(std::io::stderr);
    let subscriber = tracing_subscriber::registry().with(filter).with(log);
    #[cfg(feature = "telemetry")]
    {
        let traces = config.otlp.as_deref().map(exporter::traces).transpose()?;
        let layer = traces.as_ref().map(exporter::layer);
        subscriber.with(layer).try_init()?;
        if let Some(address) = &config.metrics {
            exporter::serve_metrics(address)
                .await
                .with_context(|| format!("cannot serve metrics on {address}"))?;
        }
        Ok(Telemetry { traces })
    }
    #[cfg(not(feature = "telemetry"))]
    {
        subscriber.try_init().context("cannot start the log")?;
        anyhow::ensure!(
            config.otlp.is_none() && config.metrics.is_none(),
            "`otlp` and `metrics` need a program with the feature `telemetry`"
        );
        Ok(Telemetry::default())
    }
}

impl Telemetry {
    /// Exports the spans that are not exported yet.
    pub async fn flush(self) {
        #[cfg(feature = "telemetry")]
        if let Some(traces) = self.traces {
            // The exporter blocks.
            let flushed = tokio::task::spawn_blocking(move || traces.shutdown()).await;
            if let Ok(Err(error)) = flushed {
                tracing::warn!(%error, "cannot export the last spans");
            }
        }
    }
}

#[cfg(feature = "telemetry")]
mod exporter {
    use std::time::Duration;

    use axum::Router;
    use axum::routing::get;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use opentelemetry::trace::TracerProvider as _;
    use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::propagation::TraceContextPropagator;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tokio::net::TcpListener;
    use tracing::Subscriber;
    use tracing_subscriber::Layer;
    use tracing_subscriber::registry::LookupSpan;

    /// The upper bounds of the buckets of all histograms, in seconds.
    const BUCKETS: [f64; 11] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0,
    ];
    /// The interval at which the recorder merges its data.
    const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

    pub(super) fn traces(endpoint: &str) -> anyhow::Result<SdkTracerProvider> {
        let endpoint = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(endpoint)
            .build()?;
        let resource = Resource::builder().with_service_name("mizan-chat");
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource.build())
            .build();
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        Ok(provider)
    }

    pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(
        provider: &SdkTracerProvider,
    ) -> impl Layer<S> + use<S> {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("mizan"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
    }

    /// Serves the metrics at an address of their own, which only operators reach.
    pub(super) async fn serve_metrics(address: &str) -> anyhow::Result<()> {
        let builder = PrometheusBuilder::new().set_buckets(&BUCKETS)?;
        let metrics = builder.install_recorder()?;
        let upkeep = metrics.clone();
        tokio::spawn(async move {
            let mut interval = tokio::time::interval(UPKEEP_INTERVAL);
            loop {
                interval.tick().await;
                upkeep.run_upkeep();
            }
        });
        let router = Router::new().route("/metrics", get(move || async move { metrics.render() }));
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        tracing::info!(%address, "serving metrics");
        tokio::spawn(async move { mizan_http::serve(listener, router).await });
        Ok(())
    }
}
