// @ts-check
// The globals of the web platform whose scripts are evaluated when a module first reads them.
/** @satisfies {Scripts["platform"]} */ (
  ({ host, defineGlobals, events, asyncContext, onLoaded, onReplaced }) => {
    /** @type {<T>(create: () => T) => () => T} */
    const lazy = (create) => {
      /** @type {any} */
      let created;
      return () => (created ??= create());
    };
    /** @type {<K extends keyof LazyScripts>(name: K) => LazyScripts[K]} */
    const script = (name) => /** @type {any} */ (host.evaluateScript(name));

    const streams = lazy(() => script("webStreams")());
    const compressionStreams = lazy(() =>
      script("compressionStreams")({ host, ...streams() }),
    );
    const textStreams = lazy(() => script("textStreams")(streams()));
    const formData = lazy(() => script("formData")(streams()));
    const headers = lazy(() => script("headers")());
    const fetchApi = lazy(() => {
      const { ReadableStream } = streams();
      const { isToken } = headers();
      const { AbortSignal } = events;
      return script("fetchApi")({
        host,
        headers: headers(),
        bodies: script("body")({ ...formData(), ReadableStream, isToken }),
        ReadableStream,
        AbortSignal,
      });
    });
    const subtleCrypto = lazy(() =>
      script("subtleCrypto")({ host, DOMException: events.DOMException }),
    );
    const asyncClasses = lazy(() => asyncContext.createClasses());
    const buffer = lazy(() => script("buffer")());
    let usesStorage = false;
    const storage = lazy(() => {
      usesStorage = true;
      return script("storage")();
    });
    const urlPattern = lazy(() => script("urlPattern")());

    /**
     * Defines globals that load their script when they are read. Until then, they have accessors.
     * @type {<T extends object>(load: () => T, names: (keyof T & string)[]) => void}
     */
    const defineLazyGlobals = (load, names) => {
      /** @type {(name: string, value: unknown) => void} */
      const define = (name, value) =>
        void Object.defineProperty(globalThis, name, {
          value,
          configurable: true,
          enumerable: false,
          writable: true,
        });
      for (const name of names) {
        Object.defineProperty(globalThis, name, {
          configurable: true,
          enumerable: false,
          get() {
            const value = load()[name];
            define(name, value);
            onLoaded(name, value);
            return value;
          },
          set(value) {
            define(name, value);
            onReplaced();
          },
        });
      }
    };
    defineLazyGlobals(streams, [
      "ByteLengthQueuingStrategy",
      "CountQueuingStrategy",
      "ReadableByteStreamController",
      "ReadableStream",
      "ReadableStreamBYOBReader",
      "ReadableStreamBYOBRequest",
      "ReadableStreamDefaultController",
      "ReadableStreamDefaultReader",
      "TransformStream",
      "TransformStreamDefaultController",
      "WritableStream",
      "WritableStreamDefaultController",
      "WritableStreamDefaultWriter",
    ]);
    defineLazyGlobals(textStreams, ["TextDecoderStream", "TextEncoderStream"]);
    defineLazyGlobals(compressionStreams, [
      "CompressionStream",
      "DecompressionStream",
    ]);
    defineLazyGlobals(subtleCrypto, ["CryptoKey", "SubtleCrypto"]);
    defineLazyGlobals(asyncClasses, ["AsyncContext", "AsyncLocalStorage"]);
    defineLazyGlobals(formData, ["Blob", "File", "FormData"]);
    defineLazyGlobals(headers, ["Headers"]);
    defineLazyGlobals(fetchApi, ["Request", "Response"]);
    defineLazyGlobals(storage, ["Storage", "localStorage", "sessionStorage"]);
    defineLazyGlobals(urlPattern, ["URLPattern"]);

    class Navigator {
      get userAgent() {
        return "mizan";
      }
      get platform() {
        return "";
      }
      get language() {
        return "en-US";
      }
      get languages() {
        return ["en-US"];
      }
      get hardwareConcurrency() {
        return 1;
      }
      get onLine() {
        return true;
      }
    }
    // Clients of real-time services look for the class while they are created.
    class WebSocket extends /** @type {AnyClass} */ (events.EventTarget) {
      constructor() {
        super();
        throw new events.DOMException(
          "a render cannot open a WebSocket; open it in an effect",
          "NotSupportedError",
        );
      }
    }
    class PerformanceObserver {
      static get supportedEntryTypes() {
        return Object.freeze([]);
      }
      /** @param {unknown} callback */
      constructor(callback) {
        if (typeof callback !== "function")
          throw new TypeError(
            "the callback of PerformanceObserver must be a function",
          );
      }
      observe() {}
      disconnect() {}
      takeRecords() {
        return [];
      }
    }
    let usesFetch = false;
    defineGlobals({
      Navigator,
      navigator: new Navigator(),
      PerformanceObserver,
      WebSocket,
      /** @param {any} input @param {any} [init] */
      async fetch(input, init = undefined) {
        usesFetch = true;
        return fetchApi().fetch(input, init);
      },
      /** @param {unknown} error */
      reportError(error) {
        console.error("Uncaught", error);
      },
    });

    return {
      subtle: () => subtleCrypto().subtle,
      nodeModules: {
        // The ids in `src/modules/loader.rs`.
        "mizan:node:async_hooks": () => {
          const { AsyncLocalStorage, AsyncResource } = asyncClasses();
          return { AsyncLocalStorage, AsyncResource };
        },
        "mizan:node:buffer": () => ({ ...buffer(), ...formData(), atob, btoa }),
      },
      completeFetch(id, event, text, bytes) {
        fetchApi().completeFetch(id, event, text, bytes);
      },
      clear() {
        if (usesStorage) storage().clearStorages();
        if (usesFetch) fetchApi().clearFetches();
        usesFetch = false;
      },
    };
  }
);
