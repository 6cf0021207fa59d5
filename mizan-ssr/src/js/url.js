// URL and URLSearchParams: thin classes around the host's parser.
const update = Symbol("update");
class URLSearchParams {
  #pairs = [];
  [update] = null;
  constructor(init = "") {
    if (typeof init === "object" && init !== null) {
      const entries = typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
      for (const pair of entries) {
        const [name, value, ...more] = pair;
        if (value === undefined || more.length > 0) throw new TypeError("each pair of a query has a name and a value");
        this.#pairs.push([String(name), String(value)]);
      }
    } else {
      this.#pairs = JSON.parse(host.queryParse(String(init).replace(/^\?/, "").toWellFormed()));
    }
  }
  #changed() { this[update]?.(); }
  get size() { return this.#pairs.length; }
  append(name, value) { this.#pairs.push([String(name), String(value)]); this.#changed(); }
  delete(name, value) {
    this.#pairs = this.#pairs.filter(([n, v]) => n !== String(name) || (value !== undefined && v !== String(value)));
    this.#changed();
  }
  get(name) { return this.#pairs.find(([n]) => n === String(name))?.[1] ?? null; }
  getAll(name) { return this.#pairs.filter(([n]) => n === String(name)).map(([, v]) => v); }
  has(name, value) { return this.#pairs.some(([n, v]) => n === String(name) && (value === undefined || v === String(value))); }
  set(name, value) {
    const first = this.#pairs.findIndex(([n]) => n === String(name));
    if (first < 0) this.#pairs.push([String(name), String(value)]);
    else this.#pairs = this.#pairs.filter(([n], at) => at <= first || n !== String(name)).map((pair, at) => (at === first ? [pair[0], String(value)] : pair));
    this.#changed();
  }
  sort() { this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)); this.#changed(); }
  forEach(callback, self) { for (const [name, value] of this.#pairs) callback.call(self, value, name, this); }
  *entries() { for (const [name, value] of this.#pairs) yield [name, value]; }
  *keys() { for (const [name] of this.#pairs) yield name; }
  *values() { for (const [, value] of this.#pairs) yield value; }
  [Symbol.iterator]() { return this.entries(); }
  toString() { return host.queryPrint(JSON.stringify(this.#pairs).toWellFormed()); }
}

class URL {
  #parts;
  #params = null;
  // The parameters have changed since the parts were read; they are printed when it matters.
  #stale = false;
  #current() {
    if (this.#stale) {
      this.#stale = false;
      this.#parts = JSON.parse(host.urlChange(this.#parts.href, "search", this.#params.toString()));
    }
    return this.#parts;
  }
  constructor(href, base) {
    const parts = host.urlParse(String(href).toWellFormed(), base === undefined ? undefined : String(base).toWellFormed());
    if (parts === undefined) throw Object.assign(new TypeError(`invalid URL: ${href}`), { code: "ERR_INVALID_URL", input: String(href) });
    this.#parts = JSON.parse(parts);
  }
  static canParse(href, base) {
    return host.urlParse(String(href).toWellFormed(), base === undefined ? undefined : String(base).toWellFormed()) !== undefined;
  }
  static parse(href, base) { return URL.canParse(href, base) ? new URL(href, base) : null; }
  static _part(url, part) { return url.#current()[part]; }
  static _change(url, part, value) {
    const parts = host.urlChange(url.#current().href, part, String(value).toWellFormed());
    if (parts === undefined) {
      if (part === "href") throw new TypeError(`invalid URL: ${value}`);
      return;
    }
    url.#parts = JSON.parse(parts);
    if (part === "search" || part === "href") url.#params = null;
  }
  get origin() { return this.#current().origin; }
  get searchParams() {
    if (!this.#params) {
      this.#params = new URLSearchParams(this.#parts.search);
      this.#params[update] = () => { this.#stale = true; };
    }
    return this.#params;
  }
  toString() { return this.#current().href; }
  toJSON() { return this.#current().href; }
}
const { _part: readPart, _change: changePart } = URL;
delete URL._part;
delete URL._change;
for (const part of ["href", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"]) {
  Object.defineProperty(URL.prototype, part, {
    configurable: true, enumerable: true,
    get() { return readPart(this, part); },
    set(value) { changePart(this, part, value); },
  });
}
mizan.define({ URL, URLSearchParams });
