use mizan_ssr::Renderer;
use mizan_ssr::renderer::EngineKind;
use serde_json::json;

use crate::app::{App, error, html, on_engines};

fn development_renderer(app: &App, engine: EngineKind) -> Renderer {
    app.builder(engine)
        .development(true)
        .build()
        .expect("valid settings")
}

#[test]
fn reevaluates_changed_files_and_importers_only() {
    on_engines(|engine| {
        let app = App::new(&[
            (
                "App.tsx",
                "import { mid } from './mid'; import { other } from './other'; export default () => <b>{mid}{other()}</b>;",
            ),
            (
                "mid.ts",
                "import { leaf } from './leaf'; export const mid = 'm' + leaf;",
            ),
            ("leaf.ts", "export const leaf = 1;"),
            ("other.ts", "let n = 0; export const other = () => ++n;"),
        ]);
        let renderer = development_renderer(&app, engine);
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>m1<!-- -->1</b>");
        app.write("leaf.ts", "export const leaf = 22;");
        assert_eq!(
            html(&renderer, "App.tsx", &json!({})),
            "<b>m22<!-- -->2</b>"
        );
        // Rewriting a file with the same content evaluates nothing.
        app.write("other.ts", "let n = 0; export const other = () => ++n;");
        assert_eq!(
            html(&renderer, "App.tsx", &json!({})),
            "<b>m22<!-- -->3</b>"
        );
    });
}

#[test]
fn reports_error_until_file_is_fixed() {
    on_engines(|engine| {
        let app = App::new(&[(
            "App.tsx",
            "import { x } from './x'; export default () => <b>{x}</b>;",
        )]);
        let renderer = development_renderer(&app, engine);
        assert!(error(&renderer, "App.tsx").to_string().contains("./x"));
        app.write("x.ts", "export const x = ;");
        assert!(
            error(&renderer, "App.tsx")
                .to_string()
                .contains("x.ts:1:18")
        );
        app.write("x.ts", "export const x = 'mended';");
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>mended</b>");
    });
}

#[test]
fn production_ignores_file_changes() {
    on_engines(|engine| {
        let app = App::component("export default () => <b>old</b>;");
        let renderer = app.renderer(engine);
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>old</b>");
        app.write("App.tsx", "export default () => <b>brand new</b>;");
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>old</b>");
    });
}
