// @ts-check
// localStorage and sessionStorage, which are empty at the start of each render.
/** @satisfies {LazyScripts["storage"]} */ (
  () => {
    const constructionKey = Symbol("storage");
    /** @type {(storage: Storage) => void} */
    let clear;
    class Storage {
      /** @type {Map<string, string>} */
      #items = new Map();
      static {
        clear = (storage) => storage.#items.clear();
      }
      /** @param {symbol} key */
      constructor(key) {
        if (key !== constructionKey)
          throw new TypeError("illegal constructor: Storage");
      }
      get length() {
        return this.#items.size;
      }
      /** @param {number} index */
      key(index) {
        return [...this.#items.keys()][index] ?? null;
      }
      /** @param {unknown} key */
      getItem(key) {
        return this.#items.get(String(key)) ?? null;
      }
      /** @type {(key: unknown, value: unknown) => void} */
      setItem(key, value) {
        this.#items.set(String(key), String(value));
      }
      /** @param {unknown} key */
      removeItem(key) {
        this.#items.delete(String(key));
      }
      clear() {
        clear(this);
      }
    }
    Object.defineProperty(Storage.prototype, Symbol.toStringTag, {
      configurable: true,
      value: "Storage",
    });
    const localStorage = new Storage(constructionKey);
    const sessionStorage = new Storage(constructionKey);
    return {
      Storage,
      localStorage,
      sessionStorage,
      clearStorages() {
        clear(localStorage);
        clear(sessionStorage);
      },
    };
  }
);
