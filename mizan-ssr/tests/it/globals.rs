use serde_json::json;

use crate::app::{App, html, on_engines};
use crate::log::Log;

/// Checks that each expression is true during a render.
fn all_true(expressions: &[&str]) {
    on_engines(|engine| {
        for expression in expressions {
            let app = App::component(&format!(
                "export default () => <b>{{String({expression})}}</b>;"
            ));
            assert_eq!(
                html(&app.renderer(engine), "App.tsx", &json!({})),
                "<b>true</b>",
                "{expression}"
            );
        }
    });
}

#[test]
fn provides_text_encoding_and_urls() {
    all_true(&[
        "new TextDecoder().decode(new TextEncoder().encode('grüß 🎉')) === 'grüß 🎉'
         && new TextDecoder('latin1').decode(new Uint8Array([0xfc])) === 'ü'
         && (() => { const d = new TextDecoder(), b = new TextEncoder().encode('🎉'); return d.decode(b.slice(0, 2), { stream: true }) + d.decode(b.slice(2)) === '🎉'; })()
         && (() => { try { new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff])); } catch (e) { return e instanceof TypeError; } })()
         && atob(btoa('a\\xff\\0')) === 'a\\xff\\0'",
        "(() => { const u = new URL('../b?x=1&x=2#h', 'https://user@example.com:8080/a/c/d'); u.searchParams.append('y', 'ä b'); u.hash = ''; u.port = '443';
           return u.href === 'https://user@example.com/a/b?x=1&x=2&y=%C3%A4+b' && u.searchParams.getAll('x').length === 2 && u.origin === 'https://example.com'; })()
         && !URL.canParse('nope') && new URLSearchParams({ a: '1' }).toString() === 'a=1' && [...new URLSearchParams('?a=1&b')].length === 2",
    ]);
}

#[test]
fn provides_events_structured_clone_and_crypto() {
    all_true(&[
        "(() => { const c = new AbortController(); let seen = 0; c.signal.addEventListener('abort', () => seen++); c.abort('why'); c.abort();
           return seen === 1 && c.signal.reason === 'why' && AbortSignal.abort().reason.name === 'AbortError' && AbortSignal.any([c.signal]).aborted; })()",
        "(() => { const a: any = { d: new Date(5), m: new Map([[1, new Set([2])]]), u: new Uint8Array([1, 2]) }; a.self = a; const b = structuredClone(a);
           return b !== a && b.self === b && b.d.getTime() === 5 && b.m.get(1).has(2) && b.u[1] === 2; })()
         && (() => { try { structuredClone(() => 1); } catch (e: any) { return e.name === 'DataCloneError' && e.code === 25; } })()",
        "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())
         && crypto.getRandomValues(new Uint32Array(8)).some((n) => n > 0)
         && performance.now() > 0 && process.env.NODE_ENV === 'production' && typeof window === 'undefined'",
    ]);
}

#[test]
fn runs_timers_and_messages_in_order() {
    on_engines(|engine| {
        let app = App::component(
            "import { use } from 'react';
             const order: string[] = [];
             const p = new Promise<void>((done) => {
               const { port1, port2 } = new MessageChannel();
               setTimeout(() => { order.push('timer'); port2.postMessage({ a: 1 }); }, 5);
               port1.onmessage = (e) => { order.push('message' + e.data.a); done(); };
               const gone = setTimeout(() => order.push('gone'), 1); clearTimeout(gone);
               let n = 0; const every = setInterval(() => { if (++n === 2) { clearInterval(every); } }, 1);
               queueMicrotask(() => order.push('micro')); order.push('now');
             });
             export default () => { use(p); return <b>{order.join()}</b>; };",
        );
        assert_eq!(
            html(&app.renderer(engine), "App.tsx", &json!({})),
            "<b>now,micro,timer,message1</b>"
        );
    });
}

#[cfg(feature = "v8")]
#[test]
fn provides_intl_with_locale_data() {
    use mizan_ssr::renderer::EngineKind;

    if crate::app::packages().is_none() {
        println!(
            "not run: there is no node_modules with react-dom; run `npm ci` at the workspace's root"
        );
        return;
    }
    let app = App::component(
        "export default () => <b>{[new Intl.NumberFormat('de-DE', { style: 'currency', currency: 'EUR' }).format(1234.5),
           new Date(0).toLocaleDateString('fr-FR', { timeZone: 'UTC', dateStyle: 'long' }),
           new Intl.PluralRules('ar').select(3), ['z', 'ä', 'a'].sort(new Intl.Collator('de').compare).join('')].join('|')}</b>;",
    );
    assert_eq!(
        html(&app.renderer(EngineKind::V8), "App.tsx", &json!({})),
        "<b>1.234,50\u{a0}€|1 janvier 1970|few|aäz</b>"
    );
}

#[test]
fn logs_console_output_and_unhandled_rejections() {
    let log = Log::of_the_process();
    on_engines(|engine| {
        log.clear();
        let app = App::component(
            "export default () => { console.warn('%s is %d', 'x', 3, { a: [1] }); Promise.reject(new Error('unhandled')); Promise.reject(1).catch(() => {}); return null; };",
        );
        html(&app.renderer(engine), "App.tsx", &json!({}));
        let text = log.text();
        assert!(
            text.contains("WARN mizan_ssr::console: x is 3 {a: [1]}"),
            "{text}"
        );
        assert_eq!(
            text.matches("unhandled promise rejection").count(),
            1,
            "{text}"
        );
        assert!(text.contains("Error: unhandled"), "{text}");
    });
}
