use std::time::Duration;

use mizan_ssr::error::RenderErrorCode;
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

#[test]
fn provides_web_platform_classes() {
    all_true(&[
        "['Blob', 'ByteLengthQueuingStrategy', 'CountQueuingStrategy', 'File', 'FormData', 'Headers', 'ReadableStream', 'Request', 'Response',
          'TextDecoderStream', 'TextEncoderStream', 'TransformStream', 'URLPattern', 'WritableStream'].every((name) => typeof (globalThis as any)[name] === 'function'
           && Object.getOwnPropertyDescriptor(globalThis, name)!.value === (globalThis as any)[name])",
        "new Headers({ B: '2', a: ' 1 ' }).get('A') === '1' && [...new Headers([['b', '1'], ['a', '2'], ['b', '3']])].join('|') === 'a,2|b,1, 3'",
        "new Response('x', { status: 201 }).headers.get('content-type') === 'text/plain;charset=UTF-8' && Response.json({ a: 1 }).ok
         && new Request('https://example.com/a', { method: 'post', body: new URLSearchParams({ a: '1' }) }).method === 'POST'
         && Response.redirect('https://example.com/').status === 302 && (Response as any).error().type === 'error'",
        "new URLPattern({ pathname: '/posts/:id' }).exec('https://example.com/posts/7')!.pathname.groups.id === '7'",
        "typeof navigator.userAgent === 'string' && typeof PerformanceObserver === 'function' && typeof reportError === 'function'",
    ]);
}

#[test]
fn reads_bodies_of_requests_and_responses() {
    on_engines(|engine| {
        let app = App::component(
            "import { use } from 'react';
             const text = async (stream: ReadableStream) => { let all = ''; for await (const part of stream as any) all += part; return all; };
             const run = async () => {
               const form = new FormData();
               form.append('a', 'ä\"'); form.append('f', new File(['file'], 'n.txt', { type: 'text/css' }));
               const sent = await new Request('https://example.com/', { method: 'POST', body: form }).formData();
               const file = sent.get('f') as File;
               const response = new Response(new Blob(['{\"b\":1}']).stream());
               const copy = response.clone();
               const upper = new TransformStream({ transform: (part: string, controller) => controller.enqueue(part.toUpperCase()) });
               const decoded = new Response('ä€').body!.pipeThrough(new TextDecoderStream()).pipeThrough(upper);
               const again = await response.json();
               const failure = await response.text().catch((error: Error) => error.name);
               return [sent.get('a'), file.name, file.type, await file.text(), again.b, await copy.text(), failure, response.bodyUsed, await text(decoded)].join('|');
             };
             const result = run();
             export default () => <b>{use(result)}</b>;",
        );
        assert_eq!(
            html(&app.renderer(engine), "App.tsx", &json!({})),
            "<b>ä&quot;|n.txt|text/css|file|1|{&quot;b&quot;:1}|TypeError|true|Ä€</b>"
        );
    });
}

#[test]
fn detects_changes_of_classes_that_are_loaded_on_demand() {
    let log = Log::of_the_process();
    on_engines(|engine| {
        // The first render of a class loads its script, which is not a change.
        let app = App::component(
            "export default ({ change }: { change?: string }) => {
               const before = [new Headers({ a: '1' }).get('a'), typeof (Blob as any).changed].join();
               if (change === 'prototype') Headers.prototype.get = () => 'changed';
               if (change === 'class') (globalThis as any).Blob = Object.assign(class {}, { changed: 1 });
               if (change === 'unread') (globalThis as any).URLPattern = 1;
               return <b>{`${before} ${typeof URLPattern}`}</b>;
             };",
        );
        log.clear();
        let renderer = app.renderer(engine);
        let render =
            |change: Option<&str>| html(&renderer, "App.tsx", &json!({ "change": change }));
        for _ in 0..3 {
            assert_eq!(render(None), "<b>1,undefined function</b>");
        }
        assert!(
            !log.text().contains("reloading all modules"),
            "{}",
            log.text()
        );
        for change in ["prototype", "class"] {
            render(Some(change));
            assert_eq!(render(None), "<b>1,undefined function</b>", "{change}");
        }
        let changes = log.text().matches("reloading all modules").count();
        assert_eq!(changes, 2, "{}", log.text());
        let renderer = app.renderer(engine);
        let set = json!({ "change": "unread" });
        html(&renderer, "App.tsx", &set);
        let unread = html(&renderer, "App.tsx", &json!({}));
        assert_eq!(unread, "<b>1,undefined function</b>");
    });
}

#[test]
fn computes_with_crypto_subtle() {
    on_engines(|engine| {
        let app = App::component(
            "import { use } from 'react';
             const hex = (buffer: ArrayBuffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
             const run = async () => {
               const { subtle } = crypto;
               const text = new TextEncoder().encode('text');
               const digest = hex(await subtle.digest('SHA-256', text));
               const hmac = await subtle.importKey('raw', text, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
               const code = await subtle.sign('HMAC', hmac, text);
               const aes = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']);
               const iv = crypto.getRandomValues(new Uint8Array(12));
               const sealed = await subtle.encrypt({ name: 'AES-GCM', iv }, aes, text);
               const opened = await subtle.decrypt({ name: 'AES-GCM', iv }, aes, sealed);
               const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
               const pair = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
               const jwk = await subtle.exportKey('jwk', pair.privateKey);
               const copy = await subtle.importKey('jwk', jwk, algorithm, true, ['sign']);
               const signature = await subtle.sign(algorithm, copy, text);
               const spki = await subtle.exportKey('spki', pair.publicKey);
               const known = await subtle.importKey('spki', spki, algorithm, true, ['verify']);
               const wrong = await subtle.decrypt({ name: 'AES-GCM', iv }, aes, text).catch((error: Error) => error.name);
               return [digest.slice(0, 8), hex(code).slice(0, 8), await subtle.verify('HMAC', hmac, code, text), new TextDecoder().decode(opened),
                 await subtle.verify(algorithm, known, signature, text), await subtle.verify(algorithm, known, signature, iv), wrong].join();
             };
             const result = run();
             export default () => <b>{use(result)}</b>;",
        );
        assert_eq!(
            html(&app.renderer(engine), "App.tsx", &json!({})),
            "<b>982d9e3e,13754f06,true,text,true,false,OperationError</b>"
        );
    });
}

#[test]
fn compresses_and_limits_decompressed_data() {
    on_engines(|engine| {
        let app = App::component(
            "import { use } from 'react';
             const bytes = (stream: ReadableStream) => new Response(stream).bytes();
             const compress = (data: BodyInit) => bytes(new Response(data).body!.pipeThrough(new CompressionStream('gzip') as any));
             const decompress = (data: BodyInit) => bytes(new Response(data).body!.pipeThrough(new DecompressionStream('gzip') as any));
             const run = async (size: number) => {
               const packed = await compress(new Uint8Array(1 << 20));
               if (size === 0) return (await decompress(packed)).length + String(await decompress(packed.slice(0, 20)).catch((error) => error.name));
               // A small body that becomes large again and again.
               const all = [];
               for (let n = 0; n < size; n++) all.push(await decompress(packed));
               return all.length;
             };
             const results = new Map<number, Promise<unknown>>();
             export default ({ size }: { size: number }) => {
               if (!results.has(size)) results.set(size, run(size));
               return <b>{use(results.get(size)!) as string}</b>;
             };",
        );
        let renderer = app.builder(engine).max_heap_bytes(32 << 20);
        let renderer = renderer.deadline(Duration::from_secs(60)).build();
        let renderer = renderer.expect("valid settings");
        let shown = html(&renderer, "App.tsx", &json!({ "size": 0 }));
        assert_eq!(shown, "<b>1048576TypeError</b>");
        let error = renderer.render_blocking("App.tsx", &json!({ "size": 200 }));
        let error = error.expect_err("a failed render");
        assert_eq!(error.code(), RenderErrorCode::OutOfMemory, "{error}");
        let shown = html(&renderer, "App.tsx", &json!({ "size": 0 }));
        assert_eq!(shown, "<b>1048576TypeError</b>");
    });
}

#[test]
fn keeps_store_of_async_local_storage_to_its_render() {
    on_engines(|engine| {
        let app = App::component(
            "import { use } from 'react';
             import { AsyncLocalStorage } from 'node:async_hooks';
             const storage = new AsyncLocalStorage<string>();
             const tick = () => new Promise<void>((done) => setTimeout(done, 1));
             const run = async (id: string) => {
               const before = storage.getStore();
               const inside = await storage.run(id, async () => {
                 const first = storage.getStore();
                 const timer = await new Promise((done) => setTimeout(() => done(storage.getStore()), 1));
                 await tick();
                 return [first, timer, storage.getStore()];
               });
               const bound = storage.run('bound', () => AsyncLocalStorage.bind(() => storage.getStore()))();
               const after = storage.getStore();
               storage.enterWith('left behind');
               return [before, ...inside, bound, after, new AsyncContext.Variable({ defaultValue: 'default' }).get()].join();
             };
             declare const AsyncContext: any;
             const results = new Map<string, Promise<string>>();
             export default ({ id }: { id: string }) => {
               if (!results.has(id)) results.set(id, run(id));
               return <b>{use(results.get(id)!)}</b>;
             };",
        );
        let renderer = app.renderer(engine);
        // QuickJS does not pass the store on to the code after an `await`.
        let awaited = |id: &str| match format!("{engine:?}").as_str() {
            "V8" => id.to_owned(),
            _ => String::new(),
        };
        for id in ["a", "b"] {
            assert_eq!(
                html(&renderer, "App.tsx", &json!({ "id": id })),
                format!("<b>,{id},{id},{},bound,,default</b>", awaited(id))
            );
        }
    });
}

#[test]
fn provides_buffer_only_as_module() {
    on_engines(|engine| {
        let app = App::component(
            "import { Buffer } from 'node:buffer';
             import * as bare from 'buffer';
             export default () => <b>{[typeof (globalThis as any).Buffer, Buffer.from('ä').toString('base64'), bare.Buffer === Buffer, bare.Blob === Blob].join()}</b>;",
        );
        assert_eq!(
            html(&app.renderer(engine), "App.tsx", &json!({})),
            "<b>undefined,w6Q=,true,true</b>"
        );
    });
}

#[test]
fn storage_is_empty_at_start_of_render() {
    on_engines(|engine| {
        let app = App::component(
            "export default ({ value }: { value: string }) => {
               const before = [localStorage.getItem('key'), sessionStorage.length].join();
               localStorage.setItem('key', value); sessionStorage.setItem('a', value);
               return <b>{[before, localStorage.getItem('key'), sessionStorage.key(0)].join()}</b>;
             };",
        );
        let renderer = app.renderer(engine);
        for value in ["one", "two"] {
            let page = html(&renderer, "App.tsx", &json!({ "value": value }));
            assert_eq!(page, format!("<b>,0,{value},a</b>"));
        }
    });
}
