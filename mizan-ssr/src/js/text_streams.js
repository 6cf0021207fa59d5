// @ts-check
// TextEncoderStream and TextDecoderStream.
/** @satisfies {LazyScripts["textStreams"]} */ (
  ({ TransformStream }) => {
    class TextEncoderStream {
      #transform;
      constructor() {
        const encoder = new TextEncoder();
        // A surrogate at the end of a chunk, whose pair may follow in the next chunk.
        let pending = "";
        this.#transform = new TransformStream({
          transform(
            /** @type {unknown} */ chunk,
            /** @type {any} */ controller,
          ) {
            let text = pending + `${chunk}`;
            const last = text.charCodeAt(text.length - 1);
            const isLead = last >= 0xd800 && last < 0xdc00;
            pending = isLead ? text.slice(-1) : "";
            if (isLead) text = text.slice(0, -1);
            if (text !== "") controller.enqueue(encoder.encode(text));
          },
          flush(/** @type {any} */ controller) {
            if (pending !== "") controller.enqueue(encoder.encode(pending));
          },
        });
      }
      get encoding() {
        void this.#transform;
        return "utf-8";
      }
      get readable() {
        return this.#transform.readable;
      }
      get writable() {
        return this.#transform.writable;
      }
    }

    class TextDecoderStream {
      #decoder;
      #transform;
      /**
       * @param {string} label
       * @param {{ fatal?: boolean, ignoreBOM?: boolean }} options
       */
      constructor(label = "utf-8", options = {}) {
        const decoder = (this.#decoder = new TextDecoder(label, options));
        this.#transform = new TransformStream({
          transform(/** @type {any} */ chunk, /** @type {any} */ controller) {
            if (
              !ArrayBuffer.isView(chunk) &&
              !(chunk instanceof ArrayBuffer) &&
              Object.prototype.toString.call(chunk) !==
                "[object SharedArrayBuffer]"
            )
              throw new TypeError("a chunk is not a buffer");
            const text = decoder.decode(chunk, { stream: true });
            if (text !== "") controller.enqueue(text);
          },
          flush(/** @type {any} */ controller) {
            const text = decoder.decode();
            if (text !== "") controller.enqueue(text);
          },
        });
      }
      get encoding() {
        return this.#decoder.encoding;
      }
      get fatal() {
        return this.#decoder.fatal;
      }
      get ignoreBOM() {
        return this.#decoder.ignoreBOM;
      }
      get readable() {
        return this.#transform.readable;
      }
      get writable() {
        return this.#transform.writable;
      }
    }
    for (const [constructor, name] of /** @type {const} */ ([
      [TextEncoderStream, "TextEncoderStream"],
      [TextDecoderStream, "TextDecoderStream"],
    ])) {
      Object.defineProperty(constructor.prototype, Symbol.toStringTag, {
        configurable: true,
        value: name,
      });
    }
    return { TextEncoderStream, TextDecoderStream };
  }
);
