// @ts-check
// TextEncoder, TextDecoder, atob and btoa.
/** @satisfies {Scripts["textEncoding"]} */ (
  ({ host, defineGlobals, DOMException }) => {
    class TextEncoder {
      get encoding() {
        return "utf-8";
      }
      encode(input = "") {
        return host.encodeUtf8(String(input).toWellFormed());
      }
      /**
       * @param {string} input
       * @param {Uint8Array} target
       */
      encodeInto(input, target) {
        if (!(target instanceof Uint8Array))
          throw new TypeError("the target must be a Uint8Array");
        let read = 0;
        let written = 0;
        for (const character of String(input)) {
          const bytes = this.encode(character);
          if (written + bytes.length > target.length) break;
          target.set(bytes, written);
          written += bytes.length;
          read += character.length;
        }
        return { read, written };
      }
    }

    /** @param {ArrayBuffer | ArrayBufferView | undefined} input */
    const bytesOf = (input) => {
      // The length of a buffer that was transferred is zero.
      if (input === undefined || input.byteLength === 0)
        return new Uint8Array(0);
      if (ArrayBuffer.isView(input))
        return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
      return new Uint8Array(input);
    };
    /** Returns whether `byte` can follow `lead` in UTF-8. @type {(lead: number, byte: number) => boolean} */
    const canFollow = (lead, byte) => {
      const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
      const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
      return byte >= least && byte <= most;
    };
    /**
     * Returns the number of bytes at the end that begin an incomplete character.
     * @type {Record<string, (bytes: Uint8Array) => number>}
     */
    const incompleteBytes = {
      "utf-8"(bytes) {
        for (let back = 1; back <= Math.min(3, bytes.length); back++) {
          const byte = bytes[bytes.length - back];
          if ((byte & 0xc0) === 0x80) continue;
          if (byte < 0xc2 || byte > 0xf4) return 0;
          const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
          const second = bytes[bytes.length - back + 1];
          const isValid = back === 1 || canFollow(byte, second);
          return length > back && isValid ? back : 0;
        }
        return 0;
      },
      "utf-16le": (bytes) => incompleteUtf16(bytes, 1),
      "utf-16be": (bytes) => incompleteUtf16(bytes, 0),
    };
    // The encodings in which a character can have several bytes, apart from those above.
    const multiByte = new Set([
      "big5",
      "euc-jp",
      "euc-kr",
      "gb18030",
      "gbk",
      "iso-2022-jp",
      "shift_jis",
    ]);
    /** @type {(bytes: Uint8Array, high: number) => number} */
    const incompleteUtf16 = (bytes, high) => {
      const odd = bytes.length % 2;
      const last = bytes.length - odd - 2;
      const isLead = last >= 0 && (bytes[last + high] & 0xfc) === 0xd8;
      return odd + (isLead ? 2 : 0);
    };
    class TextDecoder {
      #encoding;
      #fatal;
      #ignoreBOM;
      #incomplete = new Uint8Array(0);
      #started = false;
      /**
       * @param {string} label
       * @param {{ fatal?: boolean, ignoreBOM?: boolean }} options
       */
      constructor(label = "utf-8", options = {}) {
        const encoding = host.encodingName(String(label));
        if (encoding === undefined)
          throw new RangeError(`unknown encoding: ${label}`);
        this.#encoding = encoding;
        this.#fatal = Boolean(options.fatal);
        this.#ignoreBOM = Boolean(options.ignoreBOM);
      }
      get encoding() {
        return this.#encoding;
      }
      get fatal() {
        return this.#fatal;
      }
      get ignoreBOM() {
        return this.#ignoreBOM;
      }
      /**
       * @param {ArrayBuffer | ArrayBufferView} [input]
       * @param {{ stream?: boolean }} options
       */
      decode(input, options = {}) {
        let bytes = bytesOf(input);
        if (options.stream && multiByte.has(this.#encoding)) {
          throw new TypeError(
            `streaming is not supported for ${this.#encoding}; decode the complete data`,
          );
        }
        if (this.#incomplete.length > 0) {
          const joined = new Uint8Array(this.#incomplete.length + bytes.length);
          joined.set(this.#incomplete);
          joined.set(bytes, this.#incomplete.length);
          bytes = joined;
        }
        const incomplete = options.stream
          ? (incompleteBytes[this.#encoding]?.(bytes) ?? 0)
          : 0;
        const end = bytes.length - incomplete;
        this.#incomplete = bytes.slice(end);
        const keepBom = this.#ignoreBOM || this.#started;
        this.#started = Boolean(options.stream) && (this.#started || end > 0);
        const text = host.decodeText(
          bytes.slice(0, end),
          this.#encoding,
          this.#fatal,
          keepBom,
        );
        if (text === undefined) {
          this.#incomplete = new Uint8Array(0);
          this.#started = false;
          throw new TypeError(`the data is not valid ${this.#encoding}`);
        }
        return text;
      }
    }

    const alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    defineGlobals({
      TextEncoder,
      TextDecoder,
      /** @param {unknown} input */
      btoa(input) {
        const text = String(input);
        let encoded = "";
        for (let at = 0; at < text.length; at += 3) {
          const codes = [0, 1, 2].map((offset) => text.charCodeAt(at + offset));
          if (codes.some((code) => code > 255)) {
            throw new DOMException(
              "the string contains a character above U+00FF",
              "InvalidCharacterError",
            );
          }
          const bits =
            (codes[0] << 16) | ((codes[1] || 0) << 8) | (codes[2] || 0);
          const digits = [18, 12, 6, 0].map(
            (shift) => alphabet[(bits >> shift) & 63],
          );
          const present = Math.min(3, text.length - at);
          encoded +=
            digits.slice(0, present + 1).join("") + "=".repeat(3 - present);
        }
        return encoded;
      },
      /** @param {unknown} input */
      atob(input) {
        let text = String(input).replace(/[\t\n\f\r ]/g, "");
        if (text.length % 4 === 0) text = text.replace(/={1,2}$/, "");
        if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text)) {
          throw new DOMException(
            "the string is not valid base64",
            "InvalidCharacterError",
          );
        }
        let decoded = "";
        let bits = 0;
        let count = 0;
        for (const character of text) {
          bits = ((bits << 6) | alphabet.indexOf(character)) & 0xffffff;
          count += 6;
          if (count >= 8) {
            count -= 8;
            decoded += String.fromCharCode((bits >> count) & 255);
          }
        }
        return decoded;
      },
    });
    return { TextEncoder };
  }
);
