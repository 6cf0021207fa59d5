// @ts-check
// URL and URLSearchParams, implemented by the host.
/** @satisfies {Scripts["url"]} */ (
  ({ host, defineGlobals }) => {
    const onChange = Symbol("onChange");
    class URLSearchParams {
      /** @type {[string, string][]} */
      #pairs = [];
      /** @type {Callback | null} */
      [onChange] = null;
      /** @param {string | Iterable<Iterable<string>> | Record<string, string>} init */
      constructor(init = "") {
        if (typeof init === "object" && init !== null) {
          const entries =
            /** @type {Iterable<[unknown, unknown, ...unknown[]]>} */ (
              Symbol.iterator in init &&
              typeof init[Symbol.iterator] === "function"
                ? init
                : Object.entries(init)
            );
          for (const pair of entries) {
            const [name, value, ...more] = pair;
            if (value === undefined || more.length > 0) {
              throw new TypeError(
                "each query parameter must be a pair of a name and a value",
              );
            }
            this.#pairs.push([String(name), String(value)]);
          }
        } else {
          this.#pairs = JSON.parse(
            host.parseQuery(String(init).replace(/^\?/, "").toWellFormed()),
          );
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
        this.#pairs.push([String(name), String(value)]);
        this.#changed();
      }
      /** @type {(name: string, value?: string) => void} */
      delete(name, value) {
        this.#pairs = this.#pairs.filter(
          ([other, otherValue]) =>
            other !== String(name) ||
            (value !== undefined && otherValue !== String(value)),
        );
        this.#changed();
      }
      /** @param {string} name */
      get(name) {
        return (
          this.#pairs.find(([other]) => other === String(name))?.[1] ?? null
        );
      }
      /** @param {string} name */
      getAll(name) {
        return this.#pairs
          .filter(([other]) => other === String(name))
          .map(([, value]) => value);
      }
      /** @type {(name: string, value?: string) => boolean} */
      has(name, value) {
        return this.#pairs.some(
          ([other, otherValue]) =>
            other === String(name) &&
            (value === undefined || otherValue === String(value)),
        );
      }
      /** @type {(name: string, value: string) => void} */
      set(name, value) {
        const first = this.#pairs.findIndex(
          ([other]) => other === String(name),
        );
        if (first < 0) {
          this.#pairs.push([String(name), String(value)]);
        } else {
          this.#pairs[first] = [this.#pairs[first][0], String(value)];
          this.#pairs = this.#pairs.filter(
            ([other], at) => at <= first || other !== String(name),
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
        for (const [name, value] of this.#pairs)
          callback.call(receiver, value, name, this);
      }
      *entries() {
        for (const [name, value] of this.#pairs) yield [name, value];
      }
      *keys() {
        for (const [name] of this.#pairs) yield name;
      }
      *values() {
        for (const [, value] of this.#pairs) yield value;
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
          if (part === "search" || part === "href") url.#params = null;
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
