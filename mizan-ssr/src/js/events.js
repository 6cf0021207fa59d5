// @ts-check
// DOMException, Event, EventTarget, AbortController and AbortSignal.
/** @satisfies {Scripts["events"]} */ (
  ({ host, defineGlobals, setTimeout }) => {
    // The errors that have a code, in the order of their codes. Some codes are not used any more.
    const CODES = [
      "INDEX_SIZE_ERR",
      "DOMSTRING_SIZE_ERR",
      "HIERARCHY_REQUEST_ERR",
      "WRONG_DOCUMENT_ERR",
      "INVALID_CHARACTER_ERR",
      "NO_DATA_ALLOWED_ERR",
      "NO_MODIFICATION_ALLOWED_ERR",
      "NOT_FOUND_ERR",
      "NOT_SUPPORTED_ERR",
      "INUSE_ATTRIBUTE_ERR",
      "INVALID_STATE_ERR",
      "SYNTAX_ERR",
      "INVALID_MODIFICATION_ERR",
      "NAMESPACE_ERR",
      "INVALID_ACCESS_ERR",
      "VALIDATION_ERR",
      "TYPE_MISMATCH_ERR",
      "SECURITY_ERR",
      "NETWORK_ERR",
      "ABORT_ERR",
      "URL_MISMATCH_ERR",
      "QUOTA_EXCEEDED_ERR",
      "TIMEOUT_ERR",
      "INVALID_NODE_TYPE_ERR",
      "DATA_CLONE_ERR",
    ];
    /** Returns the name of an error without its separators. @param {string} name */
    const comparable = (name) =>
      name
        .replaceAll("_", "")
        .replace(/(ERR|Error)$/, "")
        .toLowerCase();
    /** @type {Map<string, number>} */
    const codes = new Map(CODES.map((name, at) => [comparable(name), at + 1]));
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
        return codes.get(comparable(this.#name)) ?? 0;
      }
    }

    Object.defineProperty(DOMException.prototype, Symbol.toStringTag, {
      configurable: true,
      value: "DOMException",
    });
    for (const [at, name] of CODES.entries()) {
      for (const object of [DOMException, DOMException.prototype])
        Object.defineProperty(object, name, {
          enumerable: true,
          value: at + 1,
        });
    }

    /** @type {(init: any) => any} */
    const dictionary = (init) => {
      if (init === undefined || init === null) return {};
      if (typeof init !== "object" && typeof init !== "function")
        throw new TypeError("the options must be an object");
      return init;
    };

    const AT_TARGET = 2;
    /** The state of an event while it is dispatched. */
    const dispatch = Symbol("dispatch");
    class Event {
      #type;
      #bubbles;
      #cancelable;
      #composed;
      #timeStamp = host.now();
      /** @type {Dispatch} */
      [dispatch] = {
        target: null,
        currentTarget: null,
        active: false,
        passive: false,
        propagationStopped: false,
        stopped: false,
        canceled: false,
        trusted: false,
      };
      /**
       * @param {string} type
       * @param {{ bubbles?: boolean, cancelable?: boolean, composed?: boolean }} [init]
       */
      constructor(type, init) {
        if (arguments.length === 0)
          throw new TypeError("the type of an event is required");
        const options = dictionary(init);
        this.#type = String(type);
        this.#bubbles = Boolean(options.bubbles);
        this.#cancelable = Boolean(options.cancelable);
        this.#composed = Boolean(options.composed);
        Object.defineProperty(this, "isTrusted", {
          enumerable: true,
          get: trusted,
        });
      }
      get type() {
        return this.#type;
      }
      get bubbles() {
        return this.#bubbles;
      }
      get cancelable() {
        return this.#cancelable;
      }
      get composed() {
        return this.#composed;
      }
      get timeStamp() {
        return this.#timeStamp;
      }
      get target() {
        return this[dispatch].target;
      }
      get srcElement() {
        return this[dispatch].target;
      }
      get currentTarget() {
        return this[dispatch].currentTarget;
      }
      get eventPhase() {
        return this[dispatch].active ? AT_TARGET : 0;
      }
      get defaultPrevented() {
        return this[dispatch].canceled;
      }
      get returnValue() {
        return !this[dispatch].canceled;
      }
      set returnValue(value) {
        if (!value) this.preventDefault();
      }
      get cancelBubble() {
        return this[dispatch].propagationStopped;
      }
      set cancelBubble(value) {
        if (value) this[dispatch].propagationStopped = true;
      }
      composedPath() {
        const { active, currentTarget } = this[dispatch];
        return active ? [currentTarget] : [];
      }
      preventDefault() {
        if (this.#cancelable && !this[dispatch].passive)
          this[dispatch].canceled = true;
      }
      stopPropagation() {
        this[dispatch].propagationStopped = true;
      }
      stopImmediatePropagation() {
        this[dispatch].propagationStopped = true;
        this[dispatch].stopped = true;
      }
    }
    // Every event has the same function, as the standard requires.
    const { get: trusted } = /** @type {{ get: () => boolean }} */ (
      Object.getOwnPropertyDescriptor(
        {
          get isTrusted() {
            return /** @type {any} */ (this)[dispatch].trusted;
          },
        },
        "isTrusted",
      )
    );
    Object.defineProperty(Event.prototype, Symbol.toStringTag, {
      configurable: true,
      value: "Event",
    });
    for (const [name, value] of [
      ["NONE", 0],
      ["CAPTURING_PHASE", 1],
      ["AT_TARGET", AT_TARGET],
      ["BUBBLING_PHASE", 3],
    ]) {
      for (const object of [Event, Event.prototype])
        Object.defineProperty(object, name, { enumerable: true, value });
    }
    class CustomEvent extends Event {
      /**
       * @param {string} type
       * @param {{ bubbles?: boolean, cancelable?: boolean, detail?: unknown }} [init]
       */
      constructor(type, init) {
        super(type, init);
        this.detail = init?.detail ?? null;
      }
    }
    class MessageEvent extends Event {
      /**
       * @param {string} type
       * @param {{ bubbles?: boolean, cancelable?: boolean, data?: unknown }} [init]
       */
      constructor(type, init) {
        super(type, init);
        this.data = init?.data ?? null;
      }
    }

    /** @type {(options: any) => any} */
    const listenerOptions = (options) =>
      typeof options === "object" && options !== null
        ? options
        : { capture: Boolean(options) };
    class EventTarget {
      /** @type {Map<string, EventListenerEntry[]>} */
      #listeners = new Map();
      /** @type {BaseEventTarget["addEventListener"]} */
      addEventListener(type, callback, options) {
        if (arguments.length < 2)
          throw new TypeError("the type and the listener are required");
        const { capture, once, passive, signal } = listenerOptions(options);
        if (signal !== undefined && !(signal instanceof AbortSignal))
          throw new TypeError("the option `signal` must be an AbortSignal");
        if (callback === null || callback === undefined) return;
        if (typeof callback !== "function" && typeof callback !== "object")
          throw new TypeError("the listener must be a function or an object");
        if (signal?.aborted) return;
        const name = String(type);
        const listeners = this.#listeners.get(name) ?? [];
        this.#listeners.set(name, listeners);
        const known = (/** @type {EventListenerEntry} */ listener) =>
          listener.callback === callback &&
          listener.capture === Boolean(capture);
        if (listeners.some(known)) return;
        listeners.push({
          callback,
          capture: Boolean(capture),
          once: Boolean(once),
          passive: Boolean(passive),
          removed: false,
        });
        if (signal)
          onAbort(signal, () =>
            EventTarget.prototype.removeEventListener.call(
              this,
              name,
              callback,
              options,
            ),
          );
      }
      /** @type {BaseEventTarget["removeEventListener"]} */
      removeEventListener(type, callback, options) {
        if (arguments.length < 2)
          throw new TypeError("the type and the listener are required");
        const capture = Boolean(listenerOptions(options).capture);
        const listeners = this.#listeners.get(String(type)) ?? [];
        const at = listeners.findIndex(
          (listener) =>
            listener.callback === callback && listener.capture === capture,
        );
        if (at >= 0) listeners.splice(at, 1)[0].removed = true;
      }
      /** @type {BaseEventTarget["dispatchEvent"]} */
      dispatchEvent(event) {
        if (!(event instanceof Event))
          throw new TypeError("the parameter must be an event");
        const state = event[dispatch];
        if (state.active)
          throw new DOMException(
            "the event is being dispatched",
            "InvalidStateError",
          );
        state.target = state.currentTarget = this;
        state.active = true;
        const handler = /** @type {any} */ (this)[`on${event.type}`];
        const listeners = [...(this.#listeners.get(event.type) ?? [])];
        if (typeof handler === "function")
          listeners.push({
            callback: handler,
            capture: false,
            once: false,
            passive: false,
            removed: false,
          });
        listeners.sort((a, b) => Number(b.capture) - Number(a.capture));
        for (const listener of listeners) {
          if (listener.removed) continue;
          const { callback, capture, once, passive } = listener;
          if (once) this.removeEventListener(event.type, callback, { capture });
          state.passive = passive;
          try {
            if (typeof callback === "function") callback.call(this, event);
            else callback.handleEvent(event);
          } catch (error) {
            console.error("Uncaught", error);
          }
          state.passive = false;
          if (state.stopped) break;
        }
        state.active = state.stopped = state.propagationStopped = false;
        state.currentTarget = null;
        return !state.canceled;
      }
    }
    Object.defineProperty(EventTarget.prototype, Symbol.toStringTag, {
      configurable: true,
      value: "EventTarget",
    });

    const constructionKey = Symbol("signal");
    /** @type {(signal: AbortSignal, reason: unknown) => void} */
    let abortSignal;
    /** @type {(signal: AbortSignal, algorithm: Callback) => void} */
    let onAbort;
    class AbortSignal extends EventTarget {
      #aborted = false;
      /** @type {unknown} */
      #reason;
      /** The work that an abort does before listeners are called. @type {Callback[]} */
      #algorithms = [];
      /** The signals that this signal follows, and those that follow it. @type {Set<AbortSignal>} */
      #sources = new Set();
      /** @type {Set<AbortSignal>} */
      #dependents = new Set();
      onabort = null;
      static {
        /** @type {(signal: AbortSignal) => void} */
        const run = (signal) => {
          for (const algorithm of signal.#algorithms.splice(0)) algorithm();
          const event = new Event("abort");
          event[dispatch].trusted = true;
          signal.dispatchEvent(event);
        };
        abortSignal = (signal, reason) => {
          if (signal.#aborted) return;
          const aborted = [signal];
          for (const dependent of signal.#dependents)
            if (!dependent.#aborted) aborted.push(dependent);
          const cause =
            reason === undefined
              ? new DOMException("the operation was aborted", "AbortError")
              : reason;
          for (const one of aborted) {
            one.#aborted = true;
            one.#reason = cause;
          }
          aborted.forEach(run);
        };
        onAbort = (signal, algorithm) => {
          signal.#algorithms.push(algorithm);
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
        const sources = [...signals];
        const aborted = sources.find((signal) => signal.aborted);
        if (aborted) {
          abortSignal(combined, aborted.reason);
          return combined;
        }
        for (const signal of sources) {
          // A combined signal follows the signals that it was made of, which keeps the order of events.
          const roots = signal.#sources.size > 0 ? signal.#sources : [signal];
          for (const root of roots) {
            root.#dependents.add(combined);
            combined.#sources.add(root);
          }
        }
        return combined;
      }
    }
    Object.defineProperty(AbortSignal.prototype, Symbol.toStringTag, {
      configurable: true,
      value: "AbortSignal",
    });
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
