// @ts-check
// structuredClone, MessageChannel and BroadcastChannel.
/** @satisfies {Scripts["structuredClone"]} */ (
  ({ defineGlobals, events, setTimeout }) => {
    const { DOMException, EventTarget, MessageEvent } = events;
    /** @type {(what: string) => never} */
    const reject = (what) => {
      throw new DOMException(`${what} cannot be cloned`, "DataCloneError");
    };
    /** @type {Record<string, new (message: string) => Error>} */
    const errorTypes = {
      EvalError,
      RangeError,
      ReferenceError,
      SyntaxError,
      TypeError,
      URIError,
    };

    const uncloneable = [EventTarget, URL, URLSearchParams];
    /**
     * Clones a value, and transfers the buffers in the list.
     * @type {(value: any, transfer?: Iterable<any>) => any}
     */
    const cloneWith = (value, transfer = []) => {
      const copies = new Map();
      for (const buffer of transfer) {
        if (!(buffer instanceof ArrayBuffer))
          reject("an object of the transfer list");
        if (copies.has(buffer)) reject("an object that is listed twice");
        copies.set(buffer, buffer.slice(0));
      }
      const sources = [...copies.keys()];
      const copy = clone(value, copies);
      // The buffers are empty afterwards.
      for (const buffer of sources) /** @type {any} */ (buffer).transfer();
      return copy;
    };
    /** @type {(value: any, copies: Map<object, object>) => any} */
    const clone = (value, copies) => {
      if (typeof value === "function") reject("a function");
      if (typeof value === "symbol") reject("a symbol");
      if (typeof value !== "object" || value === null) return value;
      const existing = copies.get(value);
      if (existing) return existing;
      /** @type {<T extends object>(copy: T) => T} */
      const remember = (copy) => {
        copies.set(value, copy);
        return copy;
      };
      if (value instanceof Date) return remember(new Date(value.getTime()));
      if (value instanceof RegExp)
        return remember(new RegExp(value.source, value.flags));
      if (
        value instanceof Boolean ||
        value instanceof Number ||
        value instanceof String
      ) {
        return remember(Object(value.valueOf()));
      }
      if (value instanceof ArrayBuffer) return remember(value.slice(0));
      if (ArrayBuffer.isView(value)) {
        const view = /** @type {any} */ (value);
        const length =
          value instanceof DataView ? view.byteLength : view.length;
        return remember(
          new view.constructor(
            clone(view.buffer, copies),
            view.byteOffset,
            length,
          ),
        );
      }
      if (value instanceof Map) {
        const copy = remember(new Map());
        for (const [key, item] of [...value])
          copy.set(clone(key, copies), clone(item, copies));
        return copy;
      }
      if (value instanceof Set) {
        const copy = remember(new Set());
        for (const item of [...value]) copy.add(clone(item, copies));
        return copy;
      }
      if (value instanceof Error) {
        const copy = remember(
          new (errorTypes[value.name] ?? Error)(value.message),
        );
        Object.defineProperty(copy, "stack", {
          value: value.stack,
          configurable: true,
          writable: true,
        });
        if ("cause" in value) copy.cause = clone(value.cause, copies);
        return copy;
      }
      if (uncloneable.some((constructor) => value instanceof constructor))
        reject(`a ${value.constructor.name}`);
      if (
        value instanceof Promise ||
        value instanceof WeakMap ||
        value instanceof WeakSet
      ) {
        reject(`a ${value.constructor.name}`);
      }
      const copy = remember(
        Array.isArray(value) ? new Array(value.length) : {},
      );
      for (const key of Object.keys(value)) {
        Object.defineProperty(copy, key, {
          value: clone(value[key], copies),
          configurable: true,
          enumerable: true,
          writable: true,
        });
      }
      return copy;
    };

    const connect = Symbol("connect");
    class MessagePort extends EventTarget {
      /** @type {MessagePort | null} */
      #other = null;
      /** @type {unknown[]} */
      #queue = [];
      #started = false;
      /** @type {AnyFunction | null} */
      #handler = null;
      /** @param {MessagePort} other */
      [connect](other) {
        this.#other = other;
      }
      get onmessage() {
        return this.#handler;
      }
      set onmessage(handler) {
        this.#handler = handler;
        this.start();
      }
      /** @type {(data: unknown, options?: any) => void} */
      postMessage(data, options) {
        const other = this.#other;
        if (!other) return;
        const transfer = Array.isArray(options) ? options : options?.transfer;
        other.#queue.push(cloneWith(data, transfer));
        other.#deliver();
      }
      #deliver() {
        if (!this.#started || this.#queue.length === 0) return;
        const data = this.#queue.shift();
        setTimeout(() => {
          if (this.#other)
            this.dispatchEvent(new MessageEvent("message", { data }));
        }, 0);
        this.#deliver();
      }
      start() {
        this.#started = true;
        this.#deliver();
      }
      close() {
        this.#other = null;
      }
    }
    class MessageChannel {
      constructor() {
        this.port1 = new MessagePort();
        this.port2 = new MessagePort();
        this.port1[connect](this.port2);
        this.port2[connect](this.port1);
      }
    }

    const MAX_CHANNELS = 1_000;
    /** The channels that are not closed. @type {Set<BroadcastChannel>} */
    const channels = new Set();
    class BroadcastChannel extends EventTarget {
      #name;
      /** @param {unknown} name */
      constructor(name) {
        super();
        this.#name = String(name);
        // A component may create a channel for each render without closing it.
        if (channels.size === MAX_CHANNELS) {
          const [oldest] = channels;
          channels.delete(oldest);
        }
        channels.add(this);
      }
      get name() {
        return this.#name;
      }
      /** Sends a message to the other channels of the realm. @param {unknown} data */
      postMessage(data) {
        if (!channels.has(this))
          throw new DOMException("the channel is closed", "InvalidStateError");
        for (const channel of channels) {
          if (channel === this || channel.#name !== this.#name) continue;
          const message = new MessageEvent("message", {
            data: cloneWith(data),
          });
          setTimeout(() => {
            if (channels.has(channel)) channel.dispatchEvent(message);
          }, 0);
        }
      }
      close() {
        channels.delete(this);
      }
    }
    defineGlobals({
      BroadcastChannel,
      /** @type {(value: unknown, options?: { transfer?: Iterable<any> }) => any} */
      structuredClone: (value, options) => cloneWith(value, options?.transfer),
      MessagePort,
      MessageChannel,
    });
  }
);
