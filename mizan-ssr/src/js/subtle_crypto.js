// @ts-check
// crypto.subtle: digests, HMAC, AES-GCM and ECDSA. The host computes.
/** @satisfies {LazyScripts["subtleCrypto"]} */ (
  ({ host, DOMException }) => {
    /** @type {(name: string, message: string) => never} */
    const fail = (name, message) => {
      throw new DOMException(message, name);
    };
    const HASHES = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
    /** The sizes of a hash function's blocks in bits, which are the default lengths of HMAC keys. @type {Record<string, number>} */
    const BLOCK_BITS = {
      "SHA-1": 512,
      "SHA-256": 512,
      "SHA-384": 1024,
      "SHA-512": 1024,
    };
    /** The sizes of a curve's numbers in bytes. @type {Record<string, number>} */
    const CURVES = { "P-256": 32, "P-384": 48, "P-521": 66 };
    const USAGES = [
      "encrypt",
      "decrypt",
      "sign",
      "verify",
      "deriveKey",
      "deriveBits",
      "wrapKey",
      "unwrapKey",
    ];
    const TAG_BITS = [32, 64, 96, 104, 112, 120, 128];

    /** @type {(value: any) => Uint8Array} */
    const bytesOf = (value) => {
      const view = ArrayBuffer.isView(value);
      const buffer = view ? value.buffer : value;
      if (!(buffer instanceof ArrayBuffer))
        throw new TypeError("the value must be a buffer");
      return view
        ? new Uint8Array(buffer, value.byteOffset, value.byteLength).slice()
        : new Uint8Array(buffer).slice();
    };
    /** @type {(bytes: Uint8Array) => string} */
    const toBase64Url = (bytes) =>
      btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
        .replace(/\+/g, "-")
        .replace(/\//g, "_")
        .replace(/=+$/, "");
    /** @type {(text: unknown) => Uint8Array} */
    const fromBase64Url = (text) => {
      if (typeof text !== "string" || !/^[\w-]*$/.test(text))
        return fail("DataError", "a value of the key is not valid base64url");
      const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
      return Uint8Array.from(binary, (character) => character.charCodeAt(0));
    };
    /** @type {(value: unknown, bits: number) => number} */
    const integer = (value, bits) => {
      const number = Number(value);
      if (!Number.isFinite(number) || number < 0 || number >= 2 ** bits)
        throw new TypeError("a number of the algorithm is out of range");
      return Math.trunc(number);
    };
    /** @type {(object: any, name: string) => any} */
    const required = (object, name) => {
      const value = object[name];
      if (value === undefined)
        throw new TypeError(`the algorithm has no \`${name}\``);
      return value;
    };

    /** @type {(algorithm: any) => { name: string, object: any }} */
    const named = (algorithm) => {
      if (typeof algorithm !== "object" || algorithm === null)
        return { name: String(algorithm), object: {} };
      return { name: String(required(algorithm, "name")), object: algorithm };
    };
    /** @type {(algorithm: any) => { name: string }} */
    const hashOf = (algorithm) => {
      const { name } = named(algorithm);
      const hash = HASHES.find((known) => known === name.toUpperCase());
      if (!hash)
        return fail("NotSupportedError", `unknown hash function: ${name}`);
      return { name: hash };
    };
    /** The conversion of parameters, by the name of the algorithm, for each operation. @type {Record<string, Record<string, (object: any) => object>>} */
    const OPERATIONS = {
      generateKey: {
        HMAC: (object) => ({
          hash: hashOf(required(object, "hash")),
          length:
            object.length === undefined
              ? undefined
              : integer(object.length, 32),
        }),
        "AES-GCM": (object) => ({
          length: integer(required(object, "length"), 16),
        }),
        ECDSA: (object) => ({
          namedCurve: String(required(object, "namedCurve")),
        }),
      },
      importKey: {
        HMAC: (object) => ({
          hash: hashOf(required(object, "hash")),
          length:
            object.length === undefined
              ? undefined
              : integer(object.length, 32),
        }),
        "AES-GCM": () => ({}),
        ECDSA: (object) => ({
          namedCurve: String(required(object, "namedCurve")),
        }),
      },
      sign: {
        HMAC: () => ({}),
        ECDSA: (object) => ({ hash: hashOf(required(object, "hash")) }),
      },
      encrypt: {
        "AES-GCM": (object) => ({
          iv: bytesOf(required(object, "iv")),
          additionalData:
            object.additionalData === undefined
              ? new Uint8Array(0)
              : bytesOf(object.additionalData),
          tagLength:
            object.tagLength === undefined ? 128 : integer(object.tagLength, 8),
        }),
      },
    };
    /** @type {(algorithm: any, operation: string) => any} */
    const normalize = (algorithm, operation) => {
      const { name, object } = named(algorithm);
      const known = Object.keys(OPERATIONS[operation]).find(
        (other) => other === name.toUpperCase(),
      );
      if (!known)
        return fail(
          "NotSupportedError",
          `the algorithm ${name} is not supported for this operation`,
        );
      return { name: known, ...OPERATIONS[operation][known](object) };
    };

    /**
     * @typedef {object} KeyState
     * @property {"secret" | "public" | "private"} type
     * @property {boolean} extractable
     * @property {any} algorithm
     * @property {string[]} usages
     * @property {Uint8Array} bytes The secret, the private number, or the public point.
     */
    const constructionKey = Symbol("key");
    /** @type {(key: any) => KeyState} */
    let stateOf;
    class CryptoKey {
      #state;
      static {
        stateOf = (key) => {
          if (typeof key !== "object" || key === null || !(#state in key))
            throw new TypeError("the value is not a CryptoKey");
          return key.#state;
        };
      }
      /**
       * @param {symbol} key
       * @param {KeyState} state
       */
      constructor(key, state) {
        if (key !== constructionKey)
          throw new TypeError("illegal constructor: CryptoKey");
        this.#state = state;
      }
      get type() {
        return this.#state.type;
      }
      get extractable() {
        return this.#state.extractable;
      }
      get algorithm() {
        return this.#state.algorithm;
      }
      get usages() {
        return this.#state.usages;
      }
    }
    /** @type {(state: KeyState) => CryptoKey} */
    const createKey = (state) => new CryptoKey(constructionKey, state);

    /** @type {(usages: any) => string[]} */
    const usageList = (usages) => {
      if (
        typeof usages !== "object" ||
        usages === null ||
        typeof usages[Symbol.iterator] !== "function"
      )
        throw new TypeError("the usages must be an array");
      const list = [...usages].map(String);
      for (const usage of list) {
        if (!USAGES.includes(usage))
          throw new TypeError(`unknown usage of a key: ${usage}`);
      }
      return USAGES.filter((usage) => list.includes(usage));
    };
    /** The usages of an algorithm's keys, by the type of the key. @type {(name: string, type: string) => string[]} */
    const allowedUsages = (name, type) => {
      if (name === "HMAC") return ["sign", "verify"];
      if (name === "AES-GCM")
        return ["encrypt", "decrypt", "wrapKey", "unwrapKey"];
      return type === "private" ? ["sign"] : ["verify"];
    };
    /** @type {(usages: string[], allowed: string[]) => void} */
    const checkUsages = (usages, allowed) => {
      const other = usages.find((usage) => !allowed.includes(usage));
      if (other !== undefined)
        fail("SyntaxError", `the usage ${other} is not possible for this key`);
    };
    /** @type {(usages: string[]) => void} */
    const checkNotEmpty = (usages) => {
      if (usages.length === 0)
        fail("SyntaxError", "a secret or private key must have a usage");
    };
    /** @type {(namedCurve: string) => void} */
    const checkCurve = (namedCurve) => {
      if (!(namedCurve in CURVES))
        fail("NotSupportedError", `unknown curve: ${namedCurve}`);
    };
    /** Returns a key that can be used. @type {(key: any, name: string, usage: string) => KeyState} */
    const usable = (key, name, usage) => {
      const state = stateOf(key);
      if (state.algorithm.name !== name)
        fail("InvalidAccessError", "the key belongs to another algorithm");
      if (!state.usages.includes(usage))
        fail("InvalidAccessError", `the key does not have the usage ${usage}`);
      return state;
    };

    /** @type {(bits: number) => Uint8Array} */
    const randomBytes = (bits) => {
      const bytes = host.randomBytes(Math.ceil(bits / 8));
      if (bits % 8 > 0) bytes[bytes.length - 1] &= 0xff << (8 - (bits % 8));
      return bytes;
    };
    /** @type {(curve: string, operation: string, key: Uint8Array) => Uint8Array} */
    const ecKey = (curve, operation, key) =>
      host.ecKey(operation, curve, key) ??
      fail("DataError", "the data is not a valid key of the curve");

    /** @type {(jwk: any, kty: string, use: string, extractable: boolean, usages: string[]) => void} */
    const checkJwk = (jwk, kty, use, extractable, usages) => {
      if (jwk.kty !== kty)
        fail("DataError", `the key must have the type ${kty}`);
      if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use)
        fail("DataError", `the key must have the use ${use}`);
      if (jwk.key_ops !== undefined) {
        const operations = [...jwk.key_ops];
        const missing = usages.some((usage) => !operations.includes(usage));
        if (missing || new Set(operations).size !== operations.length)
          fail(
            "DataError",
            "the operations of the key do not match its usages",
          );
      }
      if (jwk.ext === false && extractable)
        fail("DataError", "the key must not be extractable");
    };
    /** @type {(name: string, length: number, hash?: string) => string} */
    const jwkAlgorithm = (name, length, hash) =>
      name === "HMAC"
        ? `HS${hash === "SHA-1" ? "1" : hash?.slice(4)}`
        : `A${length}GCM`;

    /** @type {(format: string, data: any, algorithm: any, extractable: boolean, usages: string[]) => KeyState} */
    const importSecret = (format, data, algorithm, extractable, usages) => {
      const { name, hash } = algorithm;
      checkUsages(usages, allowedUsages(name, "secret"));
      if (format !== "raw" && format !== "jwk")
        fail(
          "NotSupportedError",
          `the format ${format} is not possible for this key`,
        );
      let bytes = data;
      if (format === "jwk") {
        checkJwk(
          data,
          "oct",
          name === "HMAC" ? "sig" : "enc",
          extractable,
          usages,
        );
        bytes = fromBase64Url(data.k);
        const expected = jwkAlgorithm(name, bytes.length * 8, hash?.name);
        if (data.alg !== undefined && data.alg !== expected)
          fail("DataError", `the algorithm of the key must be ${expected}`);
      }
      let length = bytes.length * 8;
      if (name === "HMAC") {
        if (length === 0) fail("DataError", "the key is empty");
        if (algorithm.length !== undefined) {
          if (algorithm.length > length || algorithm.length <= length - 8)
            fail("DataError", "the length does not match the key");
          length = algorithm.length;
        }
        return {
          type: "secret",
          extractable,
          usages,
          bytes,
          algorithm: { name, hash, length },
        };
      }
      if (![128, 192, 256].includes(length))
        fail("DataError", "an AES key must have 128, 192 or 256 bits");
      return {
        type: "secret",
        extractable,
        usages,
        bytes,
        algorithm: { name, length },
      };
    };
    /** @type {(format: string, data: any, algorithm: any, extractable: boolean, usages: string[]) => KeyState} */
    const importEc = (format, data, algorithm, extractable, usages) => {
      const { name, namedCurve } = algorithm;
      const isPrivate =
        format === "pkcs8" || (format === "jwk" && data.d !== undefined);
      const type = isPrivate ? "private" : "public";
      checkCurve(namedCurve);
      checkUsages(usages, allowedUsages(name, type));
      /** @type {(operation: string, key: Uint8Array) => Uint8Array} */
      const key = (operation, bytes) => ecKey(namedCurve, operation, bytes);
      let bytes;
      if (format === "raw") bytes = key("point", data);
      else if (format === "spki") bytes = key("fromSpki", data);
      else if (format === "pkcs8") bytes = key("fromPkcs8", data);
      else {
        checkJwk(data, "EC", "sig", extractable, usages);
        if (data.crv !== namedCurve)
          fail("DataError", `the key must have the curve ${namedCurve}`);
        const [x, y] = [fromBase64Url(data.x), fromBase64Url(data.y)];
        const size = CURVES[namedCurve];
        if (x.length !== size || y.length !== size)
          fail("DataError", "a coordinate of the key has a wrong length");
        const point = new Uint8Array([4, ...x, ...y]);
        bytes = key("point", point);
        if (isPrivate) {
          const number = fromBase64Url(data.d);
          if (number.length !== size)
            fail("DataError", "the private number has a wrong length");
          if (!host.areEqual(key("publicKey", number), point))
            fail(
              "DataError",
              "the public key does not belong to the private key",
            );
          bytes = number;
        }
      }
      return {
        type,
        extractable,
        usages,
        bytes,
        algorithm: { name, namedCurve },
      };
    };

    /** @type {(state: KeyState) => object} */
    const exportJwk = ({ type, bytes, algorithm, usages, extractable }) => {
      const common = { key_ops: usages, ext: extractable };
      const { name, namedCurve, length, hash } = algorithm;
      if (type === "secret")
        return {
          kty: "oct",
          k: toBase64Url(bytes),
          alg: jwkAlgorithm(name, length, hash?.name),
          ...common,
        };
      const point =
        type === "public" ? bytes : ecKey(namedCurve, "publicKey", bytes);
      const size = CURVES[namedCurve];
      return {
        kty: "EC",
        crv: namedCurve,
        x: toBase64Url(point.subarray(1, 1 + size)),
        y: toBase64Url(point.subarray(1 + size)),
        ...(type === "private" ? { d: toBase64Url(bytes) } : {}),
        ...common,
      };
    };

    /** @type {(algorithm: any, key: any, data: any, encrypts: boolean) => ArrayBuffer} */
    const applyGcm = (algorithm, key, data, encrypts) => {
      const usage = encrypts ? "encrypt" : "decrypt";
      const { name, iv, additionalData, tagLength } = normalize(
        algorithm,
        "encrypt",
      );
      const input = bytesOf(data);
      const { bytes } = usable(key, name, usage);
      if (!TAG_BITS.includes(tagLength))
        fail("OperationError", `invalid length of the tag: ${tagLength}`);
      const output = host.aesGcm(
        encrypts,
        bytes,
        iv,
        additionalData,
        tagLength / 8,
        input,
      );
      return /** @type {ArrayBuffer} */ (
        output?.buffer ??
          fail(
            "OperationError",
            encrypts
              ? "the length of `iv` is not supported; use 12 bytes"
              : "the data or its tag is not valid",
          )
      );
    };

    const unsupported = () =>
      fail(
        "NotSupportedError",
        "this operation of crypto.subtle is not supported",
      );
    class SubtleCrypto {
      /** @param {symbol} key */
      constructor(key) {
        if (key !== constructionKey)
          throw new TypeError("illegal constructor: SubtleCrypto");
      }
      /** @type {(algorithm: any, data: any) => Promise<ArrayBuffer>} */
      async digest(algorithm, data) {
        const { name } = hashOf(algorithm);
        return /** @type {ArrayBuffer} */ (
          host.digest(name, bytesOf(data)).buffer
        );
      }
      /** @type {(algorithm: any, extractable: any, usages: any) => Promise<any>} */
      async generateKey(algorithm, extractable, usages) {
        const wanted = usageList(usages);
        const normalized = normalize(algorithm, "generateKey");
        const { name, namedCurve } = normalized;
        if (name === "ECDSA") {
          checkUsages(wanted, ["sign", "verify"]);
          checkCurve(namedCurve);
          const privateUsages = wanted.filter((usage) => usage === "sign");
          checkNotEmpty(privateUsages);
          const number = ecKey(namedCurve, "generate", new Uint8Array(0));
          /** @type {(type: "public" | "private", bytes: Uint8Array, extractable: boolean, usages: string[]) => CryptoKey} */
          const create = (type, bytes, extractable, usages) =>
            createKey({
              type,
              bytes,
              extractable,
              usages,
              algorithm: { name, namedCurve },
            });
          return {
            publicKey: create(
              "public",
              ecKey(namedCurve, "publicKey", number),
              true,
              wanted.filter((usage) => usage === "verify"),
            ),
            privateKey: create(
              "private",
              number,
              Boolean(extractable),
              privateUsages,
            ),
          };
        }
        checkUsages(wanted, allowedUsages(name, "secret"));
        let { length } = normalized;
        if (name === "HMAC") length ??= BLOCK_BITS[normalized.hash.name];
        const isValid =
          name === "HMAC" ? length > 0 : [128, 192, 256].includes(length);
        if (!isValid)
          fail("OperationError", `invalid length of a key: ${length}`);
        checkNotEmpty(wanted);
        const { hash } = normalized;
        return createKey({
          type: "secret",
          extractable: Boolean(extractable),
          usages: wanted,
          bytes: randomBytes(length),
          algorithm:
            name === "HMAC" ? { name, hash, length } : { name, length },
        });
      }
      /** @type {(format: any, data: any, algorithm: any, extractable: any, usages: any) => Promise<any>} */
      async importKey(format, data, algorithm, extractable, usages) {
        const kind = String(format);
        if (!["raw", "spki", "pkcs8", "jwk"].includes(kind))
          throw new TypeError(`unknown format of a key: ${kind}`);
        const isBuffer =
          ArrayBuffer.isView(data) || data instanceof ArrayBuffer;
        if (
          typeof data !== "object" ||
          data === null ||
          isBuffer === (kind === "jwk")
        )
          throw new TypeError(`the data does not have the format ${kind}`);
        const wanted = usageList(usages);
        const normalized = normalize(algorithm, "importKey");
        const load = normalized.name === "ECDSA" ? importEc : importSecret;
        const state = load(
          kind,
          kind === "jwk" ? { ...data } : bytesOf(data),
          normalized,
          Boolean(extractable),
          wanted,
        );
        if (state.type !== "public") checkNotEmpty(wanted);
        return createKey(state);
      }
      /** @type {(format: any, key: any) => Promise<any>} */
      async exportKey(format, key) {
        const kind = String(format);
        if (!["raw", "spki", "pkcs8", "jwk"].includes(kind))
          throw new TypeError(`unknown format of a key: ${kind}`);
        const state = stateOf(key);
        if (!state.extractable)
          fail("InvalidAccessError", "the key is not extractable");
        if (kind === "jwk") return exportJwk(state);
        const { type, bytes, algorithm } = state;
        if (type === "secret") {
          if (kind !== "raw")
            fail(
              "NotSupportedError",
              `the format ${kind} is not possible for this key`,
            );
          return bytes.slice().buffer;
        }
        if ((kind === "pkcs8") !== (type === "private"))
          fail(
            "InvalidAccessError",
            `the format ${kind} is not possible for this key`,
          );
        if (kind === "raw") return bytes.slice().buffer;
        const operation = kind === "pkcs8" ? "toPkcs8" : "toSpki";
        return ecKey(algorithm.namedCurve, operation, bytes).buffer;
      }
      /** @type {(algorithm: any, key: any, data: any) => Promise<ArrayBuffer>} */
      async sign(algorithm, key, data) {
        const { name, hash } = normalize(algorithm, "sign");
        const input = bytesOf(data);
        const state = usable(key, name, "sign");
        const signature =
          name === "HMAC"
            ? host.hmac(state.algorithm.hash.name, state.bytes, input)
            : host.ecdsaSign(
                state.algorithm.namedCurve,
                state.bytes,
                host.digest(hash.name, input),
              );
        return /** @type {ArrayBuffer} */ (
          signature?.buffer ??
            fail("OperationError", "the data cannot be signed")
        );
      }
      /** @type {(algorithm: any, key: any, signature: any, data: any) => Promise<boolean>} */
      async verify(algorithm, key, signature, data) {
        const { name, hash } = normalize(algorithm, "sign");
        const [given, input] = [bytesOf(signature), bytesOf(data)];
        const state = usable(key, name, "verify");
        if (name === "HMAC") {
          const expected = host.hmac(
            state.algorithm.hash.name,
            state.bytes,
            input,
          );
          return expected !== undefined && host.areEqual(expected, given);
        }
        return host.ecdsaVerify(
          state.algorithm.namedCurve,
          state.bytes,
          given,
          host.digest(hash.name, input),
        );
      }
      /** @type {(algorithm: any, key: any, data: any) => Promise<ArrayBuffer>} */
      async encrypt(algorithm, key, data) {
        return applyGcm(algorithm, key, data, true);
      }
      /** @type {(algorithm: any, key: any, data: any) => Promise<ArrayBuffer>} */
      async decrypt(algorithm, key, data) {
        return applyGcm(algorithm, key, data, false);
      }
      async deriveBits() {
        unsupported();
      }
      async deriveKey() {
        unsupported();
      }
      async wrapKey() {
        unsupported();
      }
      async unwrapKey() {
        unsupported();
      }
    }
    for (const [constructor, name] of /** @type {const} */ ([
      [CryptoKey, "CryptoKey"],
      [SubtleCrypto, "SubtleCrypto"],
    ])) {
      Object.defineProperty(constructor.prototype, Symbol.toStringTag, {
        configurable: true,
        value: name,
      });
    }
    return {
      CryptoKey,
      SubtleCrypto,
      subtle: new SubtleCrypto(constructionKey),
    };
  }
);
