// @ts-check
// crypto, whose member `subtle` is loaded when it is first read.
/** @satisfies {Scripts["crypto"]} */ (
  ({ host, defineGlobals, DOMException, subtle }) => {
    const constructionKey = Symbol("crypto");
    class Crypto {
      /** @param {symbol} key */
      constructor(key) {
        if (key !== constructionKey)
          throw new TypeError("illegal constructor: Crypto");
      }
      get subtle() {
        return subtle();
      }
      /** @type {<T extends ArrayBufferView>(array: T) => T} */
      getRandomValues(array) {
        if (
          !ArrayBuffer.isView(array) ||
          array instanceof DataView ||
          /^Float/.test(array.constructor.name)
        ) {
          throw new DOMException(
            "the argument of getRandomValues must be an array of integers",
            "TypeMismatchError",
          );
        }
        if (array.byteLength > 65536) {
          throw new DOMException(
            "getRandomValues is limited to 65536 bytes",
            "QuotaExceededError",
          );
        }
        const bytes = new Uint8Array(
          array.buffer,
          array.byteOffset,
          array.byteLength,
        );
        bytes.set(host.randomBytes(array.byteLength));
        return array;
      }
      randomUUID() {
        return host.randomUuid();
      }
    }
    Object.defineProperty(Crypto.prototype, Symbol.toStringTag, {
      configurable: true,
      value: "Crypto",
    });
    defineGlobals({ Crypto, crypto: new Crypto(constructionKey) });
  }
);
