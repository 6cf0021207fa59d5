// @ts-check
// The bodies of requests and responses: their creation from values, and their consumption.
/** @satisfies {LazyScripts["body"]} */ (
  ({ ReadableStream, Blob, File, FormData, formDataToBlob, isToken }) => {
    const encoder = new TextEncoder();

    /**
     * A body: its bytes, or a stream of them, which is created from the bytes on demand.
     * @typedef {object} Body
     * @property {any} stream
     * @property {Uint8Array | null} bytes
     * @property {any} blob
     * @property {boolean} used Set once the bytes are consumed without a stream.
     */

    /** @type {(parts: Partial<Body>) => Body} */
    const create = (parts) => ({
      stream: null,
      bytes: null,
      blob: null,
      used: false,
      ...parts,
    });

    /** @type {(body: Body) => any} */
    const streamOf = (body) => {
      if (body.stream) return body.stream;
      if (body.blob) return (body.stream = body.blob.stream());
      const { bytes, used } = body;
      body.stream = new ReadableStream({
        type: "bytes",
        /** @param {any} controller */
        start(controller) {
          if (!used && bytes && bytes.length > 0)
            controller.enqueue(bytes.slice());
          controller.close();
        },
      });
      if (used) body.stream.getReader().read();
      return body.stream;
    };
    /** @type {(body: Body) => boolean} */
    const isUsed = (body) => (body.stream ? body.stream._disturbed : body.used);
    /** @type {(body: Body) => boolean} */
    const isUnusable = (body) => isUsed(body) || Boolean(body.stream?.locked);

    /**
     * Returns the body of a value, and its content type.
     * @type {(value: any) => { body: Body, type: string | null }}
     */
    const extract = (value) => {
      if (value instanceof ReadableStream) {
        if (value.locked || value._disturbed)
          throw new TypeError("the stream of the body is locked or was read");
        return { body: create({ stream: value }), type: null };
      }
      if (value instanceof Blob)
        return { body: create({ blob: value }), type: value.type || null };
      if (value instanceof FormData) {
        const blob = formDataToBlob(value);
        return { body: create({ blob }), type: blob.type };
      }
      if (value instanceof ArrayBuffer)
        return {
          body: create({ bytes: new Uint8Array(value.slice(0)) }),
          type: null,
        };
      if (ArrayBuffer.isView(value)) {
        const { buffer, byteOffset, byteLength } = value;
        const bytes = new Uint8Array(buffer, byteOffset, byteLength).slice();
        return { body: create({ bytes }), type: null };
      }
      const type =
        value instanceof URLSearchParams
          ? "application/x-www-form-urlencoded;charset=UTF-8"
          : "text/plain;charset=UTF-8";
      return { body: create({ bytes: encoder.encode(`${value}`) }), type };
    };

    /**
     * Divides the stream of a body, so that two objects can read it.
     * @type {(body: Body) => Body}
     */
    const clone = (body) => {
      if (!body.stream) return create({ bytes: body.bytes, blob: body.blob });
      const [first, second] = body.stream.tee();
      body.stream = first;
      return create({ stream: second });
    };

    /**
     * Returns a stream that continues the stream of a body, which is used afterwards.
     * @type {(body: Body) => any}
     */
    const forward = (body) => {
      const reader = body.stream.getReader();
      body.stream._disturbed = true;
      return new ReadableStream(
        {
          /** @param {any} controller */
          async pull(controller) {
            const { value, done } = await reader.read();
            if (done) controller.close();
            else controller.enqueue(value);
          },
          /** @param {unknown} reason */
          cancel: (reason) => reader.cancel(reason),
        },
        { highWaterMark: 0 },
      );
    };

    /** @type {(stream: any) => Promise<Uint8Array>} */
    const readStream = async (stream) => {
      const reader = stream.getReader();
      /** @type {Uint8Array[]} */
      const chunks = [];
      let length = 0;
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        if (!(value instanceof Uint8Array)) {
          const error = new TypeError(
            "a chunk of the body is not a Uint8Array",
          );
          reader.cancel(error).catch(() => {});
          throw error;
        }
        chunks.push(value);
        length += value.length;
      }
      const bytes = new Uint8Array(length);
      let at = 0;
      for (const chunk of chunks) {
        bytes.set(chunk, at);
        at += chunk.length;
      }
      return bytes;
    };
    /** @type {(body: Body | null) => Promise<Uint8Array>} */
    const read = async (body) => {
      if (!body) return new Uint8Array(0);
      if (isUnusable(body))
        throw new TypeError("the body was already read, or is locked");
      if (body.stream) return readStream(body.stream);
      body.used = true;
      return body.blob
        ? new Uint8Array(await body.blob.arrayBuffer())
        : /** @type {Uint8Array} */ (body.bytes).slice();
    };

    /**
     * Parses a content type. Returns null if it is invalid.
     * @type {(text: string | null) => { essence: string, parameters: Map<string, string> } | null}
     */
    const parseType = (text) => {
      const [essence, ...rest] = (text ?? "").split(";");
      const [type, subtype, ...more] = essence.trim().toLowerCase().split("/");
      if (more.length > 0 || !isToken(type) || !isToken(subtype ?? ""))
        return null;
      /** @type {Map<string, string>} */
      const parameters = new Map();
      for (const parameter of rest) {
        const at = parameter.indexOf("=");
        if (at < 0) continue;
        const name = parameter.slice(0, at).trim().toLowerCase();
        const value = parameter
          .slice(at + 1)
          .trim()
          .replace(/^"((?:[^"\\]|\\.)*)".*$/s, "$1")
          .replace(/\\(.)/gs, "$1");
        if (isToken(name) && value !== "" && !parameters.has(name))
          parameters.set(name, value);
      }
      return { essence: `${type}/${subtype}`, parameters };
    };
    /** @type {(type: string | null) => string} */
    const normalizedType = (type) => {
      const parsed = parseType(type);
      if (!parsed) return "";
      let text = parsed.essence;
      for (const [name, value] of parsed.parameters)
        text += `;${name}=${isToken(value) ? value : JSON.stringify(value)}`;
      return text;
    };

    /** @type {(bytes: Uint8Array, pattern: Uint8Array, from: number) => number} */
    const indexOf = (bytes, pattern, from) => {
      for (;;) {
        const at = bytes.indexOf(pattern[0], from);
        if (at < 0 || at + pattern.length > bytes.length) return -1;
        let matched = 1;
        while (
          matched < pattern.length &&
          bytes[at + matched] === pattern[matched]
        )
          matched += 1;
        if (matched === pattern.length) return at;
        from = at + 1;
      }
    };
    const invalidForm = () =>
      new TypeError("the body is not valid multipart/form-data");
    /** @type {(bytes: Uint8Array, boundary: string) => any} */
    const parseMultipart = (bytes, boundary) => {
      const form = new FormData();
      const decoder = new TextDecoder();
      const delimiter = encoder.encode(`\r\n--${boundary}`);
      const headerEnd = encoder.encode("\r\n\r\n");
      const first = delimiter.subarray(2);
      let at = indexOf(bytes, first, 0);
      if (at < 0) throw invalidForm();
      at += first.length;
      for (;;) {
        const next = decoder.decode(bytes.subarray(at, at + 2));
        if (next === "--") return form;
        if (next !== "\r\n") throw invalidForm();
        // A part without headers starts with an empty line.
        const headersEnd = indexOf(bytes, headerEnd, at);
        if (headersEnd < 0) throw invalidForm();
        const headers = decoder.decode(bytes.subarray(at + 2, headersEnd));
        const end = indexOf(bytes, delimiter, headersEnd + 2);
        if (end < 0) throw invalidForm();
        const content = bytes.subarray(headersEnd + 4, end);
        at = end + delimiter.length;
        const disposition = /^content-disposition:\s*form-data;(.*)$/im.exec(
          headers,
        )?.[1];
        /** @type {(name: string) => string | undefined} */
        const parameter = (name) =>
          new RegExp(`(?:^|[;\\s])${name}="([^"]*)"`, "i")
            .exec(disposition ?? "")?.[1]
            .replace(/%0A/gi, "\n")
            .replace(/%0D/gi, "\r")
            .replace(/%22/g, '"');
        const name = parameter("name");
        if (name === undefined) throw invalidForm();
        const fileName = parameter("filename");
        if (fileName === undefined) {
          form.append(
            name,
            new TextDecoder("utf-8", { ignoreBOM: true }).decode(content),
          );
        } else {
          const type = /^content-type:\s*(.*?)\s*$/im.exec(headers)?.[1];
          form.append(
            name,
            new File([content], fileName, { type: type ?? "text/plain" }),
          );
        }
      }
    };
    /** @type {(bytes: Uint8Array, type: string | null) => any} */
    const parseForm = (bytes, type) => {
      const parsed = parseType(type);
      if (parsed?.essence === "multipart/form-data") {
        const boundary = parsed.parameters.get("boundary");
        if (boundary === undefined) throw invalidForm();
        return parseMultipart(bytes, boundary);
      }
      if (parsed?.essence === "application/x-www-form-urlencoded") {
        const form = new FormData();
        const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
        const text = decoder.decode(bytes);
        for (const [name, value] of new URLSearchParams(text))
          form.append(name, value);
        return form;
      }
      throw new TypeError(
        `the content type ${JSON.stringify(type ?? "")} is not that of a form`,
      );
    };

    /** @type {Record<string, (bytes: Uint8Array, type: string | null) => any>} */
    const conversions = {
      text: (bytes) => new TextDecoder().decode(bytes),
      json: (bytes) => JSON.parse(new TextDecoder().decode(bytes)),
      arrayBuffer: (bytes) => bytes.buffer,
      bytes: (bytes) => bytes,
      blob: (bytes, type) => new Blob([bytes], { type: normalizedType(type) }),
      formData: parseForm,
    };

    return {
      extract,
      clone,
      forward,
      isUnusable,
      read,
      define(prototype, inner) {
        for (const name of Object.keys(conversions)) {
          Object.defineProperty(prototype, name, {
            configurable: true,
            enumerable: true,
            writable: true,
            value: {
              async [name]() {
                const { body, headers } = inner(this);
                const bytes = await read(body);
                return conversions[name](bytes, headers.get("content-type"));
              },
            }[name],
          });
        }
        Object.defineProperties(prototype, {
          body: {
            configurable: true,
            enumerable: true,
            get() {
              const { body } = inner(this);
              return body ? streamOf(body) : null;
            },
          },
          bodyUsed: {
            configurable: true,
            enumerable: true,
            get() {
              const { body } = inner(this);
              return body !== null && isUsed(body);
            },
          },
        });
      },
    };
  }
);
