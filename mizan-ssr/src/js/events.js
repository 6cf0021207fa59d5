// @ts-check
// DOMException, Event, EventTarget, AbortController and AbortSignal.
/** @satisfies {Scripts["events"]} */ (
  ({ host, defineGlobals, setTimeout }) => {
    /** @type {Record<string, number>} */
    const codes = {
      DataCloneError: 25,
      AbortError: 20,
      TimeoutError: 23,
      InvalidCharacterError: 5,
      QuotaExceededError: 22,
    };
    class DOMException extends Error {
      #name;
      constructor(message = "", name = "Error") {
        super(message);
        this.#name = String(name);
      }
      get name() {
        return this.#name;
      }
      get code() {
        return codes[this.#name] ?? 0;
      }
    }

    class Event {
      /**
       * @param {string} type
       * @param {{ bubbles?: boolean, cancelable?: boolean }} init
       */
      constructor(type, init = {}) {
        this.type = String(type);
        this.bubbles = Boolean(init.bubbles);
        this.cancelable = Boolean(init.cancelable);
        this.defaultPrevented = false;
        /** @type {unknown} */
        this.target = null;
        /** @type {unknown} */
        this.currentTarget = null;
        this.timeStamp = host.now();
      }
      preventDefault() {
        if (this.cancelable) this.defaultPrevented = true;
      }
      stopPropagation() {}
      stopImmediatePropagation() {
        /** @type {BaseEvent} */ (this).stopped = true;
      }
    }
    class CustomEvent extends Event {
      /**
       * @param {string} type
       * @param {{ bubbles?: boolean, cancelable?: boolean, detail?: unknown }} init
       */
      constructor(type, init = {}) {
        super(type, init);
        this.detail = init.detail ?? null;
      }
    }
    class MessageEvent extends Event {
      /**
       * @param {string} type
       * @param {{ bubbles?: boolean, cancelable?: boolean, data?: unknown }} init
       */
      constructor(type, init = {}) {
        super(type, init);
        this.data = init.data ?? null;
      }
    }

    class EventTarget {
      /** @type {Map<string, { callback: Listener, once: boolean }[]>} */
      #listeners = new Map();
      /** @type {BaseEventTarget["addEventListener"]} */
      addEventListener(type, callback, options) {
        if (!callback) return;
        const listeners = this.#listeners.get(type) ?? [];
        if (!listeners.some((listener) => listener.callback === callback)) {
          listeners.push({
            callback,
            once: Boolean(typeof options === "object" && options?.once),
          });
        }
        this.#listeners.set(type, listeners);
      }
      /** @type {BaseEventTarget["removeEventListener"]} */
      removeEventListener(type, callback) {
        const listeners = this.#listeners.get(type) ?? [];
        this.#listeners.set(
          type,
          listeners.filter((listener) => listener.callback !== callback),
        );
      }
      /** @type {BaseEventTarget["dispatchEvent"]} */
      dispatchEvent(event) {
        event.target = event.currentTarget = this;
        const handler = /** @type {any} */ (this)[`on${event.type}`];
        const listeners = [...(this.#listeners.get(event.type) ?? [])];
        if (typeof handler === "function")
          listeners.push({ callback: handler, once: false });
        for (const { callback, once } of listeners) {
          if (once) this.removeEventListener(event.type, callback);
          if (typeof callback === "function") callback.call(this, event);
          else callback.handleEvent(event);
          if (event.stopped) break;
        }
        return !event.defaultPrevented;
      }
    }

    const constructionKey = Symbol("signal");
    /** @type {(signal: AbortSignal, reason: unknown) => void} */
    let abortSignal;
    class AbortSignal extends EventTarget {
      #aborted = false;
      /** @type {unknown} */
      #reason;
      onabort = null;
      static {
        abortSignal = (signal, reason) => {
          if (signal.#aborted) return;
          signal.#aborted = true;
          signal.#reason =
            reason === undefined
              ? new DOMException("the operation was aborted", "AbortError")
              : reason;
          signal.dispatchEvent(new Event("abort"));
        };
      }
      /** @param {symbol} key */
      constructor(key) {
        if (key !== constructionKey)
          throw new TypeError("illegal constructor: AbortSignal");
        super();
      }
      get aborted() {
        return this.#aborted;
      }
      get reason() {
        return this.#reason;
      }
      throwIfAborted() {
        if (this.#aborted) throw this.#reason;
      }
      /** @param {unknown} [reason] */
      static abort(reason) {
        const signal = new AbortSignal(constructionKey);
        abortSignal(signal, reason);
        return signal;
      }
      /** @param {number} milliseconds */
      static timeout(milliseconds) {
        const signal = new AbortSignal(constructionKey);
        const abort = () =>
          abortSignal(
            signal,
            new DOMException("the operation timed out", "TimeoutError"),
          );
        setTimeout(abort, milliseconds);
        return signal;
      }
      /** @param {Iterable<AbortSignal>} signals */
      static any(signals) {
        const combined = new AbortSignal(constructionKey);
        for (const signal of signals) {
          if (signal.aborted) {
            abortSignal(combined, signal.reason);
            break;
          }
          signal.addEventListener(
            "abort",
            () => abortSignal(combined, signal.reason),
            { once: true },
          );
        }
        return combined;
      }
    }
    class AbortController {
      #signal = new AbortSignal(constructionKey);
      get signal() {
        return this.#signal;
      }
      /** @param {unknown} [reason] */
      abort(reason) {
        abortSignal(this.#signal, reason);
      }
    }
    defineGlobals({
      DOMException,
      Event,
      CustomEvent,
      MessageEvent,
      EventTarget,
      AbortSignal,
      AbortController,
    });
    return {
      DOMException,
      EventTarget,
      MessageEvent,
      AbortController,
      AbortSignal,
    };
  }
);
