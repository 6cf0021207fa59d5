use mizan_ssr::Renderer;
use mizan_ssr::renderer::EngineKind;
use serde_json::json;

use crate::app::{App, error, html, on_engines};

fn develop(app: &App, engine: EngineKind) -> Renderer {
    app.builder(engine)
        .development(true)
        .build()
        .expect("it builds")
}

#[test]
fn a_changed_file_and_its_importers_are_evaluated_again_and_no_others() {
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
        let renderer = develop(&app, engine);
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>m1<!-- -->1</b>");
        app.write("leaf.ts", "export const leaf = 22;");
        assert_eq!(
            html(&renderer, "App.tsx", &json!({})),
            "<b>m22<!-- -->2</b>"
        );
        // Written again with the same content: nothing is evaluated.
        app.write("other.ts", "let n = 0; export const other = () => ++n;");
        assert_eq!(
            html(&renderer, "App.tsx", &json!({})),
            "<b>m22<!-- -->3</b>"
        );
    });
}

#[test]
fn a_mistake_is_shown_until_it_is_mended() {
    on_engines(|engine| {
        let app = App::new(&[(
            "App.tsx",
            "import { x } from './x'; export default () => <b>{x}</b>;",
        )]);
        let renderer = develop(&app, engine);
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
fn production_reads_a_file_once() {
    on_engines(|engine| {
        let app = App::component("export default () => <b>old</b>;");
        let renderer = app.renderer(engine);
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>old</b>");
        app.write("App.tsx", "export default () => <b>brand new</b>;");
        assert_eq!(html(&renderer, "App.tsx", &json!({})), "<b>old</b>");
    });
}
