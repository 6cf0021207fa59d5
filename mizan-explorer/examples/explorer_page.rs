//! Writes the generated parts of the explorer: `manifest` prints the manifest of its functions, and `bundle FILE` writes
//! the bundle of its page.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use mizan_ssr::Bundle;
use mizan_ssr::bundle::ViteBuild;
use mizan_ssr::renderer::EngineKind;

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["manifest"] => println!("{}", mizan_explorer::registry().manifest()?),
        ["bundle", file] => {
            let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("web");
            // QuickJS compiles no code, so that the bundle does not depend on a version of V8.
            let summary = Bundle::builder()
                .root(web.join("src"))
                .pages("pages/*.tsx")
                .engine(EngineKind::QuickJs)
                .vite(ViteBuild::new(&web).base("/_mizan/files/"))
                .build(file)?;
            println!("{summary}");
        }
        _ => bail!("usage: explorer_page manifest | bundle FILE"),
    }
    Ok(ExitCode::SUCCESS)
}
