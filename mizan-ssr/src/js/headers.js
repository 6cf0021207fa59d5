// @ts-check
// Headers, and the conversion and iteration that it shares with other classes.
/** @satisfies {LazyScripts["headers"]} */ (
  () => {
    const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

    /** Converts a value to a string of bytes, or throws. @type {(value: unknown) => string} */
    const byteString = (value) => {
      const text = `${value}`;
      for (let at = 0; at < text.length; at++) {
        if (text.charCodeAt(at) > 255)
          throw new TypeError("the string contains a character above U+00FF");
      }
      return text;
    };
    /** @type {(name: unknown) => string} */
    const headerName = (name) => {
      const text = byteString(name);
      if (!token.test(text))
        throw new TypeError(`invalid header name: ${JSON.stringify(text)}`);
      return text.toLowerCase();
    };
    /** @type {(value: unknown) => string} */
    const headerValue = (value) => {
      const text = byteString(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
      if (/[\0\n\r]/.test(text))
        throw new TypeError(`invalid header value: ${JSON.stringify(text)}`);
      return text;
    };
    /** @type {(parameters: ArrayLike<unknown>, required: number) => void} */
    const requireParameters = (parameters, required) => {
      if (parameters.length < required)
        throw new TypeError(
          `${required} parameters are required, but only ${parameters.length} are present`,
        );
    };

    const iteratorPrototype = Object.getPrototypeOf(
      Object.getPrototypeOf([][Symbol.iterator]()),
    );
    /** @type {WeakMap<object, { pairs: () => [string, string][], kind: string, index: number }>} */
    const iterators = new WeakMap();
    const headersIteratorPrototype = Object.create(iteratorPrototype, {
      next: {
        configurable: true,
        enumerable: true,
        writable: true,
        value: function next() {
          const state = iterators.get(this);
          if (!state) throw new TypeError("this is not a Headers iterator");
          const pair = state.pairs()[state.index];
          if (!pair) return { value: undefined, done: true };
          state.index += 1;
          const value =
            state.kind === "entries"
              ? pair
              : pair[state.kind === "keys" ? 0 : 1];
          return { value, done: false };
        },
      },
      [Symbol.toStringTag]: { configurable: true, value: "Headers Iterator" },
    });
    /** @type {(pairs: () => [string, string][], kind: string) => any} */
    const iterate = (pairs, kind) => {
      const iterator = Object.create(headersIteratorPrototype);
      iterators.set(iterator, { pairs, kind, index: 0 });
      return iterator;
    };

    /** @typedef {"none" | "immutable"} Guard */
    /** @type {(headers: Headers, guard: Guard) => void} */
    let setGuard;
    /** @type {(headers: Headers) => [string, string][]} */
    let rawPairs;
    class Headers {
      /** The names in lower case with their values, in the order in which they were added. @type {[string, string][]} */
      #list = [];
      /** The sorted and combined list, until the next change. @type {[string, string][] | null} */
      #sorted = null;
      /** @type {Guard} */
      #guard = "none";
      static {
        setGuard = (headers, guard) => {
          headers.#guard = guard;
        };
        rawPairs = (headers) => headers.#list;
      }
      /** @param {any} [init] */
      constructor(init) {
        if (init === undefined) return;
        if (
          (typeof init !== "object" && typeof init !== "function") ||
          init === null
        )
          throw new TypeError(
            "headers must be pairs or an object of names and values",
          );
        const iterator = init[Symbol.iterator];
        if (iterator !== undefined && iterator !== null) {
          if (typeof iterator !== "function")
            throw new TypeError("headers are not iterable");
          if (init instanceof Headers) {
            this.#list = init.#list.map(([name, value]) => [name, value]);
            return;
          }
          for (const pair of { [Symbol.iterator]: () => iterator.call(init) }) {
            if (typeof pair !== "object" || pair === null)
              throw new TypeError("a header must be a pair");
            const items = [...pair];
            if (items.length !== 2)
              throw new TypeError(
                "a header must be a pair of a name and a value",
              );
            this.append(items[0], items[1]);
          }
          return;
        }
        /** @type {Map<string, string>} */
        const record = new Map();
        for (const key of Reflect.ownKeys(init)) {
          const descriptor = Reflect.getOwnPropertyDescriptor(init, key);
          if (!descriptor?.enumerable) continue;
          if (typeof key === "symbol")
            throw new TypeError("the name of a header cannot be a symbol");
          const name = byteString(key);
          record.set(name, byteString(init[key]));
        }
        for (const [name, value] of record) this.append(name, value);
      }
      #change() {
        if (this.#guard === "immutable")
          throw new TypeError("the headers are immutable");
        this.#sorted = null;
      }
      /** @type {() => [string, string][]} */
      #pairs() {
        if (this.#sorted) return this.#sorted;
        /** @type {Map<string, string>} */
        const combined = new Map();
        /** @type {[string, string][]} */
        const cookies = [];
        for (const [name, value] of this.#list) {
          if (name === "set-cookie") {
            cookies.push([name, value]);
          } else {
            const before = combined.get(name);
            combined.set(
              name,
              before === undefined ? value : `${before}, ${value}`,
            );
          }
        }
        const pairs = [...combined, ...cookies];
        pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
        return (this.#sorted = pairs);
      }
      /** @type {(name: string, value: string) => void} */
      append(name, value) {
        requireParameters(arguments, 2);
        const [known, text] = [headerName(name), headerValue(value)];
        this.#change();
        this.#list.push([known, text]);
      }
      /** @param {string} name */
      delete(name) {
        requireParameters(arguments, 1);
        const known = headerName(name);
        this.#change();
        this.#list = this.#list.filter(([other]) => other !== known);
      }
      /** @param {string} name */
      get(name) {
        requireParameters(arguments, 1);
        const known = headerName(name);
        const values = this.#list.filter(([other]) => other === known);
        return values.length === 0
          ? null
          : values.map(([, value]) => value).join(", ");
      }
      getSetCookie() {
        return this.#list
          .filter(([name]) => name === "set-cookie")
          .map(([, value]) => value);
      }
      /** @param {string} name */
      has(name) {
        requireParameters(arguments, 1);
        const known = headerName(name);
        return this.#list.some(([other]) => other === known);
      }
      /** @type {(name: string, value: string) => void} */
      set(name, value) {
        requireParameters(arguments, 2);
        const [known, text] = [headerName(name), headerValue(value)];
        this.#change();
        const first = this.#list.findIndex(([other]) => other === known);
        if (first < 0) {
          this.#list.push([known, text]);
          return;
        }
        this.#list[first] = [known, text];
        this.#list = this.#list.filter(
          ([other], at) => at <= first || other !== known,
        );
      }
      /** @type {(callback: AnyFunction, receiver?: unknown) => void} */
      forEach(callback, receiver) {
        requireParameters(arguments, 1);
        if (typeof callback !== "function")
          throw new TypeError("the callback of forEach must be a function");
        for (const [name, value] of this)
          callback.call(receiver, value, name, this);
      }
      entries() {
        return iterate(() => this.#pairs(), "entries");
      }
      keys() {
        return iterate(() => this.#pairs(), "keys");
      }
      values() {
        return iterate(() => this.#pairs(), "values");
      }
      /** @type {() => IterableIterator<[string, string]>} */
      [Symbol.iterator]() {
        return this.entries();
      }
    }
    Object.defineProperties(Headers.prototype, {
      [Symbol.iterator]: { value: Headers.prototype.entries },
      [Symbol.toStringTag]: { configurable: true, value: "Headers" },
      ...Object.fromEntries(
        [
          "append",
          "delete",
          "get",
          "getSetCookie",
          "has",
          "set",
          "forEach",
          "entries",
          "keys",
          "values",
        ].map((name) => [name, { enumerable: true }]),
      ),
    });
    return {
      Headers,
      setGuard,
      rawPairs,
      byteString,
      isToken: (text) => token.test(text),
    };
  }
);
