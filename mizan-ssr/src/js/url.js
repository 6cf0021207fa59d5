// @ts-check
// URL and URLSearchParams, implemented by the host.
/** @satisfies {Scripts["url"]} */ (
  ({ host, defineGlobals }) => {
    const onChange = Symbol("onChange");
    /** @param {unknown} value */
    const wellFormed = (value) => String(value).toWellFormed();
    /** @type {(params: URLSearchParams, query: string) => void} */
    let replacePairs;
    class URLSearchParams {
      /** @type {[string, string][]} */
      #pairs = [];
      /** @type {Callback | null} */
      [onChange] = null;
      static {
        replacePairs = (params, query) => {
          params.#pairs = JSON.parse(host.parseQuery(query));
        };
      }
      /** @param {string | Iterable<Iterable<string>> | Record<string, string>} init */
      constructor(init = "") {
        const isObject = typeof init === "object" && init !== null;
        if (isObject || typeof init === "function") {
          const isIterable =
            Symbol.iterator in init &&
            typeof init[Symbol.iterator] === "function";
          const entries =
            /** @type {Iterable<[unknown, unknown, ...unknown[]]>} */ (
              isIterable ? init : Object.entries(init)
            );
          /** @type {Map<string, string>} */
          const record = new Map();
          for (const pair of entries) {
            const [name, value, ...more] = pair;
            if (value === undefined || more.length > 0) {
              throw new TypeError(
                "each query parameter must be a pair of a name and a value",
              );
            }
            if (isIterable)
              this.#pairs.push([wellFormed(name), wellFormed(value)]);
            else record.set(wellFormed(name), wellFormed(value));
          }
          this.#pairs.push(...record);
        } else {
          const query = wellFormed(init).replace(/^\?/, "");
          this.#pairs = JSON.parse(host.parseQuery(query));
        }
      }
      #changed() {
        this[onChange]?.();
      }
      get size() {
        return this.#pairs.length;
      }
      /** @type {(name: string, value: string) => void} */
      append(name, value) {
        this.#pairs.push([wellFormed(name), wellFormed(value)]);
        this.#changed();
      }
      /** @type {(name: string, value?: string) => void} */
      delete(name, value) {
        this.#pairs = this.#pairs.filter(
          ([other, otherValue]) =>
            other !== wellFormed(name) ||
            (value !== undefined && otherValue !== wellFormed(value)),
        );
        this.#changed();
      }
      /** @param {string} name */
      get(name) {
        return (
          this.#pairs.find(([other]) => other === wellFormed(name))?.[1] ?? null
        );
      }
      /** @param {string} name */
      getAll(name) {
        return this.#pairs
          .filter(([other]) => other === wellFormed(name))
          .map(([, value]) => value);
      }
      /** @type {(name: string, value?: string) => boolean} */
      has(name, value) {
        return this.#pairs.some(
          ([other, otherValue]) =>
            other === wellFormed(name) &&
            (value === undefined || otherValue === wellFormed(value)),
        );
      }
      /** @type {(name: string, value: string) => void} */
      set(name, value) {
        const first = this.#pairs.findIndex(
          ([other]) => other === wellFormed(name),
        );
        if (first < 0) {
          this.#pairs.push([wellFormed(name), wellFormed(value)]);
        } else {
          this.#pairs[first] = [this.#pairs[first][0], wellFormed(value)];
          this.#pairs = this.#pairs.filter(
            ([other], at) => at <= first || other !== wellFormed(name),
          );
        }
        this.#changed();
      }
      sort() {
        this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
        this.#changed();
      }
      /** @type {(callback: AnyFunction, receiver?: unknown) => void} */
      forEach(callback, receiver) {
        for (const [name, value] of this)
          callback.call(receiver, value, name, this);
      }
      // The list may change while it is iterated.
      *entries() {
        for (let at = 0; at < this.#pairs.length; at++)
          yield [...this.#pairs[at]];
      }
      *keys() {
        for (const [name] of this.entries()) yield name;
      }
      *values() {
        for (const [, value] of this.entries()) yield value;
      }
      [Symbol.iterator]() {
        return this.entries();
      }
      toString() {
        return host.serializeQuery(JSON.stringify(this.#pairs).toWellFormed());
      }
    }

    /** @type {(href: unknown, base: unknown) => string | undefined} */
    const parse = (href, base) =>
      host.parseUrl(
        String(href).toWellFormed(),
        base === undefined ? undefined : String(base).toWellFormed(),
      );

    /** @type {(url: URL, part: string) => string} */
    let readPart;
    /** @type {(url: URL, part: string, value: unknown) => void} */
    let changePart;
    class URL {
      /** @type {UrlParts} */
      #parts;
      /** @type {URLSearchParams | null} */
      #params = null;
      // Set if the parameters have changed since the parts were read. They are serialized on demand.
      #stale = false;
      static {
        readPart = (url, part) => url.#current()[part];
        changePart = (url, part, value) => {
          const parts = host.changeUrl(
            url.#current().href,
            part,
            String(value).toWellFormed(),
          );
          if (parts === undefined) {
            if (part === "href") throw new TypeError(`invalid URL: ${value}`);
            return;
          }
          url.#parts = JSON.parse(parts);
          if (url.#params && (part === "search" || part === "href"))
            replacePairs(url.#params, url.#parts.search.replace(/^\?/, ""));
        };
      }
      #current() {
        if (this.#stale) {
          this.#stale = false;
          const parts = host.changeUrl(
            this.#parts.href,
            "search",
            String(this.#params),
          );
          if (parts !== undefined) this.#parts = JSON.parse(parts);
        }
        return this.#parts;
      }
      /**
       * @param {unknown} href
       * @param {unknown} [base]
       */
      constructor(href, base) {
        const parts = parse(href, base);
        if (parts === undefined) {
          throw Object.assign(new TypeError(`invalid URL: ${href}`), {
            code: "ERR_INVALID_URL",
            input: String(href),
          });
        }
        this.#parts = JSON.parse(parts);
      }
      /** @type {(href: unknown, base?: unknown) => boolean} */
      static canParse(href, base) {
        return parse(href, base) !== undefined;
      }
      /** @type {(href: unknown, base?: unknown) => URL | null} */
      static parse(href, base) {
        return URL.canParse(href, base) ? new URL(href, base) : null;
      }
      get origin() {
        return this.#current().origin;
      }
      get searchParams() {
        if (!this.#params) {
          this.#params = new URLSearchParams(this.#parts.search);
          this.#params[onChange] = () => {
            this.#stale = true;
          };
        }
        return this.#params;
      }
      toString() {
        return this.#current().href;
      }
      toJSON() {
        return this.#current().href;
      }
    }
    for (const part of [
      "href",
      "protocol",
      "username",
      "password",
      "host",
      "hostname",
      "port",
      "pathname",
      "search",
      "hash",
    ]) {
      Object.defineProperty(URL.prototype, part, {
        configurable: true,
        enumerable: true,
        get() {
          return readPart(this, part);
        },
        set(value) {
          changePart(this, part, value);
        },
      });
    }
    defineGlobals({ URL, URLSearchParams });
  }
);
