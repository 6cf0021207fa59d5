// @ts-check
// CompressionStream and DecompressionStream. The host compresses.
/** @satisfies {LazyScripts["compressionStreams"]} */ (
  ({ host, TransformStream }) => {
    /** @type {(chunk: any) => Uint8Array} */
    const bytesOf = (chunk) => {
      const view = ArrayBuffer.isView(chunk);
      const buffer = view ? chunk.buffer : chunk;
      if (!(buffer instanceof ArrayBuffer))
        throw new TypeError("a chunk must be a buffer that is not shared");
      return view
        ? new Uint8Array(buffer, chunk.byteOffset, chunk.byteLength)
        : new Uint8Array(buffer);
    };
    /** @type {(format: unknown, compresses: boolean) => any} */
    const createTransform = (format, compresses) => {
      const name = `${format}`;
      if (!["deflate", "deflate-raw", "gzip"].includes(name))
        throw new TypeError(`unknown compression format: ${name}`);
      /** @type {number | null} */
      let coder = null;
      const end = () => {
        if (coder !== null) host.dropCoder(coder);
        coder = null;
      };
      /** @type {(bytes: Uint8Array, finish: boolean, controller: any) => void} */
      const run = (bytes, finish, controller) => {
        try {
          coder ??= host.startCoder(name, compresses);
          host.writeCoder(coder, bytes, finish);
          for (let chunk; (chunk = host.readCoder(coder)) !== undefined;)
            controller.enqueue(chunk);
        } catch (error) {
          end();
          throw new TypeError(/** @type {Error} */ (error).message);
        }
      };
      return new TransformStream({
        transform: (
          /** @type {unknown} */ chunk,
          /** @type {any} */ controller,
        ) => run(bytesOf(chunk), false, controller),
        flush(/** @type {any} */ controller) {
          run(new Uint8Array(0), true, controller);
          end();
        },
        cancel: end,
      });
    };

    /** @type {(name: string, compresses: boolean) => AnyClass} */
    const createClass = (name, compresses) => {
      const Stream = {
        [name]: class {
          #transform;
          /** @param {unknown} format */
          constructor(format) {
            this.#transform = createTransform(format, compresses);
          }
          get readable() {
            return this.#transform.readable;
          }
          get writable() {
            return this.#transform.writable;
          }
        },
      }[name];
      Object.defineProperty(Stream.prototype, Symbol.toStringTag, {
        configurable: true,
        value: name,
      });
      return Stream;
    };
    return {
      CompressionStream: createClass("CompressionStream", true),
      DecompressionStream: createClass("DecompressionStream", false),
    };
  }
);
