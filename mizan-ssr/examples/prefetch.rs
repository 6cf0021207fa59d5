//! Measures a page with two queries of 50 ms, for which the component asks one after the other.

use std::time::{Duration, Instant};

use bytes::Bytes;
use mizan_ssr::Renderer;
use mizan_ssr::renderer::Component;
use serde_json::json;

const RENDERS: u32 = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let builder = || Renderer::builder().root(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"));
    let plain = builder().prefetch_observed_calls(false).build()?;
    let observing = builder().build()?;
    measure("without prefetch", &plain, |page| page).await?;
    measure("declared with `prefetch`", &plain, |page| {
        page.prefetch("post", &json!({ "id": 7 }))
    })
    .await?;
    measure("observed in the last render", &observing, |page| page).await?;
    Ok(())
}

/// Prints the average time of a render after the first one.
async fn measure(
    label: &str,
    renderer: &Renderer,
    configure: impl Fn(Component<'_>) -> Component<'_>,
) -> anyhow::Result<()> {
    let mut started = Instant::now();
    for render in 0..=RENDERS {
        if render == 1 {
            started = Instant::now();
        }
        let page = renderer.component("Post.tsx").props(&json!({ "id": 7 }));
        let page = page.functions(|name, _| async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(Bytes::from(json!(name).to_string()))
        });
        configure(page).render().await?;
    }
    let average = started.elapsed() / RENDERS;
    println!("{label}: {:.1} ms", average.as_secs_f64() * 1000.0);
    Ok(())
}
