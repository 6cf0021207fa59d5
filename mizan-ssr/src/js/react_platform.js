// @ts-check
// The platform APIs of React's server. Its build for Bun writes strings, so that no chunk is encoded
// separately, and supports strings and streams. Only that file receives these APIs.
/** @satisfies {Scripts["reactPlatform"]} */ (
  ({ setTimeout, TextEncoder }) => {
    // From 500 bytes on, React may defer a boundary, so streams need the sizes that Node.js computes.
    let needsExactSizes = false;
    const nonAscii = /[^\x00-\x7f]/;
    /** @param {string} text */
    const byteLength = (text) => {
      let length = text.length;
      // React measures each `<td>`. For short text, a loop is faster than starting a regular expression.
      if (!needsExactSizes || (length > 100 && !nonAscii.test(text)))
        return length;
      for (let at = 0; at < text.length; at++) {
        const unit = text.charCodeAt(at);
        if (unit > 0x7f) length += unit > 0x7ff ? 2 : 1;
        if (
          unit >= 0xd800 &&
          unit < 0xdc00 &&
          (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00
        ) {
          length -= 1;
          at += 1;
        }
      }
      return length;
    };
    /**
     * FNV-1a. Only two renders of the same form compare the values.
     * @param {string} text
     */
    const hash = (text) => {
      let value = 0x811c9dc5;
      for (let at = 0; at < text.length; at++)
        value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
      return value >>> 0;
    };

    // Callbacks that React defers while a render starts.
    class Queue {
      /** @type {(Callback | undefined)[]} */
      #callbacks = [];
      #next = 0;
      #length = 0;
      /** @param {Callback} callback */
      add(callback) {
        this.#callbacks[this.#length++] = callback;
      }
      take() {
        if (this.#next === this.#length) return undefined;
        const callback = this.#callbacks[this.#next];
        this.#callbacks[this.#next++] = undefined;
        return callback;
      }
      // Keeps the array's length, because changing it takes longer than everything else here.
      clear() {
        while (this.#length > 0) this.#callbacks[--this.#length] = undefined;
        this.#next = 0;
      }
    }
    const microtasks = new Queue();
    const tasks = new Queue();
    let starting = false;
    const resolved = Promise.resolve();

    /**
     * Returns a Set or Map that allocates its storage on first use. React creates five sets for each boundary
     * and a dozen sets and maps for each page, most of which stay empty.
     * @param {new (items?: any) => any} Collection
     */
    const lazy = (Collection) =>
      class {
        /** @type {any} */
        #items = null;
        /** @param {Iterable<unknown> | null} [items] */
        constructor(items) {
          if (items !== undefined && items !== null)
            this.#items = new Collection(items);
        }
        #create() {
          return (this.#items = new Collection());
        }
        get size() {
          return this.#items === null ? 0 : this.#items.size;
        }
        /** @param {unknown} key */
        has(key) {
          return this.#items !== null && this.#items.has(key);
        }
        /** @param {unknown} key */
        get(key) {
          return this.#items === null ? undefined : this.#items.get(key);
        }
        /** @param {unknown} item */
        add(item) {
          (this.#items ?? this.#create()).add(item);
          return this;
        }
        /** @type {(key: unknown, value: unknown) => this} */
        set(key, value) {
          (this.#items ?? this.#create()).set(key, value);
          return this;
        }
        /** @param {unknown} key */
        delete(key) {
          return this.#items !== null && this.#items.delete(key);
        }
        clear() {
          if (this.#items !== null) this.#items.clear();
        }
        /** @type {(callback: AnyFunction, receiver?: unknown) => void} */
        forEach(callback, receiver) {
          if (this.#items !== null) this.#items.forEach(callback, receiver);
        }
        entries() {
          return (this.#items ?? this.#create()).entries();
        }
        keys() {
          return (this.#items ?? this.#create()).keys();
        }
        values() {
          return (this.#items ?? this.#create()).values();
        }
        [Symbol.iterator]() {
          return (this.#items ?? this.#create())[Symbol.iterator]();
        }
      };

    return {
      // The order of the parameters in `src/engine/module_function.rs`.
      parameters: [
        { byteLength },
        { hash },
        /** @param {Callback} callback */
        function queueMicrotask(callback) {
          if (starting) microtasks.add(callback);
          else resolved.then(callback);
        },
        /** @param {Callback} callback */
        function setImmediate(callback) {
          if (starting) tasks.add(callback);
          else setTimeout(callback, 0);
        },
        class ReadableStream {
          /** @param {unknown} source */
          constructor(source) {
            this.source = source;
          }
        },
        lazy(Set),
        lazy(Map),
      ],
      modules: { util: { TextEncoder }, crypto: {}, stream: {} },
      runStart(streaming, start) {
        needsExactSizes = streaming;
        microtasks.clear();
        tasks.clear();
        starting = true;
        try {
          start();
          for (let callback; (callback = microtasks.take());) callback();
        } finally {
          starting = false;
        }
      },
      isStarting: () => starting,
      scheduleDeferredTasks() {
        for (let callback; (callback = tasks.take());) setTimeout(callback, 0);
      },
    };
  }
);
