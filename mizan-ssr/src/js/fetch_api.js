// @ts-check
// Request, Response and `fetch`, whose connections the host makes.
/** @satisfies {LazyScripts["fetchApi"]} */ (
  ({ host, headers, bodies, ReadableStream, AbortSignal }) => {
    const { Headers, setGuard, byteString, isToken } = headers;

    /** @type {(href: unknown) => any} */
    const parseUrl = (href) => {
      try {
        return new URL(`${href}`);
      } catch {
        throw new TypeError(
          `invalid URL: ${href}; a render has no location, so the URL must be absolute`,
        );
      }
    };
    /** @type {(prototype: object, state: (object: object) => any, names: string[]) => void} */
    const defineGetters = (prototype, state, names) => {
      for (const name of names) {
        Object.defineProperty(prototype, name, {
          configurable: true,
          enumerable: true,
          get() {
            return state(this)[name];
          },
        });
      }
    };
    /** @type {(prototype: object, name: string) => void} */
    const setTag = (prototype, name) => {
      Object.defineProperty(prototype, Symbol.toStringTag, {
        configurable: true,
        value: name,
      });
    };
    /** @type {(object: object, names: string[]) => void} */
    const makeEnumerable = (object, names) => {
      for (const name of names)
        Object.defineProperty(object, name, { enumerable: true });
    };
    /** @type {(init: any) => any} */
    const dictionary = (init) => {
      if (init === undefined || init === null) return {};
      if (typeof init !== "object" && typeof init !== "function")
        throw new TypeError("the options must be an object");
      return init;
    };
    /** Returns the body of a value, and adds its content type to headers. @type {(value: any, into: any) => any} */
    const extract = (value, into) => {
      const { body, type } = bodies.extract(value);
      if (type !== null && !into.has("content-type"))
        into.append("content-type", type);
      return body;
    };

    const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
    /** The options of a request with a fixed set of values; the first one is the default. @type {Record<string, string[]>} */
    const CHOICES = {
      cache: [
        "default",
        "no-store",
        "reload",
        "no-cache",
        "force-cache",
        "only-if-cached",
      ],
      credentials: ["same-origin", "omit", "include"],
      mode: ["cors", "same-origin", "no-cors", "navigate"],
      redirect: ["follow", "error", "manual"],
      referrerPolicy: [
        "",
        "no-referrer",
        "no-referrer-when-downgrade",
        "same-origin",
        "origin",
        "strict-origin",
        "origin-when-cross-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
      ],
    };

    /** @type {(request: Request) => any} */
    let requestState;
    class Request {
      #state;
      static {
        requestState = (request) => request.#state;
      }
      /**
       * @param {any} input
       * @param {any} [options]
       */
      constructor(input, options) {
        if (arguments.length === 0)
          throw new TypeError("the first parameter of Request is required");
        const init = dictionary(options);
        /** @type {any} */
        const original =
          typeof input === "object" && input !== null && #state in input
            ? input
            : null;
        /** @type {any} */
        const state = {
          method: "GET",
          destination: "",
          referrer: "about:client",
          integrity: "",
          keepalive: false,
          duplex: "half",
          isHistoryNavigation: false,
          isReloadNavigation: false,
        };
        if (original) {
          Object.assign(state, original.#state, { body: null, signal: null });
        } else {
          const url = parseUrl(input);
          if (url.username !== "" || url.password !== "")
            throw new TypeError(
              `the URL of a request must not contain credentials: ${url.hostname}`,
            );
          state.url = url.href;
          for (const name of Object.keys(CHOICES))
            state[name] = CHOICES[name][0];
        }
        for (const name of Object.keys(CHOICES)) {
          const value = init[name];
          if (value === undefined) continue;
          state[name] = `${value}`;
          if (!CHOICES[name].includes(state[name]))
            throw new TypeError(`invalid value of \`${name}\`: ${value}`);
        }
        if (init.window !== undefined && init.window !== null)
          throw new TypeError("the option `window` must be null");
        if (init.mode !== undefined && state.mode === "navigate")
          throw new TypeError("the mode of a request cannot be `navigate`");
        if (state.cache === "only-if-cached" && state.mode !== "same-origin")
          throw new TypeError(
            "the cache mode `only-if-cached` requires the mode `same-origin`",
          );
        if (init.referrer !== undefined) {
          const referrer = `${init.referrer}`;
          state.referrer =
            referrer === "" || referrer === "about:client"
              ? referrer && "about:client"
              : parseUrl(referrer).href;
        }
        if (init.integrity !== undefined) state.integrity = `${init.integrity}`;
        if (init.keepalive !== undefined)
          state.keepalive = Boolean(init.keepalive);
        if (init.method !== undefined) {
          const method = byteString(init.method);
          const upper = method.toUpperCase();
          if (!isToken(method) || ["CONNECT", "TRACE", "TRACK"].includes(upper))
            throw new TypeError(`invalid method: ${JSON.stringify(method)}`);
          state.method = METHODS.includes(upper) ? upper : method;
        }
        const { signal } = init;
        if (
          signal !== undefined &&
          signal !== null &&
          !(signal instanceof AbortSignal)
        )
          throw new TypeError("the option `signal` must be an AbortSignal");
        const source = signal === undefined ? original?.signal : signal;
        state.signal = AbortSignal.any(source ? [source] : []);
        state.headers = new Headers(
          init.headers === undefined ? original?.headers : init.headers,
        );
        const hasBody = init.body !== undefined && init.body !== null;
        const body = hasBody ? null : original ? original.#state.body : null;
        if ((hasBody || body) && ["GET", "HEAD"].includes(state.method))
          throw new TypeError(
            `a request with the method ${state.method} cannot have a body`,
          );
        if (hasBody) {
          state.body = extract(init.body, state.headers);
          if (state.body.stream && init.duplex !== "half")
            throw new TypeError(
              'a request whose body is a stream requires the option `duplex: "half"`',
            );
        } else if (body) {
          if (bodies.isUnusable(body))
            throw new TypeError(
              "the body of the request was already read, or is locked",
            );
          // The body moves to this request.
          state.body = body.stream
            ? bodies.extract(bodies.forward(body)).body
            : { ...body };
          body.used = true;
        } else {
          state.body = null;
        }
        this.#state = state;
      }
      clone() {
        const { body } = this.#state;
        if (body && bodies.isUnusable(body))
          throw new TypeError(
            "the body of the request was already read, or is locked",
          );
        const copy = new Request(this.#state.url);
        copy.#state = {
          ...this.#state,
          headers: new Headers(this.#state.headers),
          signal: AbortSignal.any([this.#state.signal]),
          body: body && bodies.clone(body),
        };
        return copy;
      }
    }
    defineGetters(
      Request.prototype,
      (request) => requestState(/** @type {any} */ (request)),
      [
        "method",
        "url",
        "headers",
        "destination",
        "referrer",
        "referrerPolicy",
        "mode",
        "credentials",
        "cache",
        "redirect",
        "integrity",
        "keepalive",
        "duplex",
        "isHistoryNavigation",
        "isReloadNavigation",
        "signal",
      ],
    );
    bodies.define(Request.prototype, (request) => requestState(request));
    setTag(Request.prototype, "Request");
    makeEnumerable(Request.prototype, ["clone"]);

    const REDIRECTS = [301, 302, 303, 307, 308];
    const WITHOUT_BODY = [101, 103, 204, 205, 304];
    /** @type {(init: any) => { status: number, statusText: string }} */
    const statusOf = (init) => {
      const status =
        init.status === undefined ? 200 : Math.trunc(Number(init.status)) || 0;
      if (status < 200 || status > 599)
        throw new RangeError(
          `invalid status of a response: ${init.status}; it must be from 200 to 599`,
        );
      const statusText =
        init.statusText === undefined ? "" : byteString(init.statusText);
      if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(statusText))
        throw new TypeError("invalid status text of a response");
      return { status, statusText };
    };
    /** @type {(state: object) => Response} */
    let responseWith;
    /** @type {(response: any) => any} */
    let responseState;
    class Response {
      #state;
      static {
        responseState = (response) => response.#state;
        responseWith = (state) => {
          const response = new Response();
          Object.assign(response.#state, state);
          return response;
        };
      }
      /**
       * @param {any} [body]
       * @param {any} [options]
       */
      constructor(body, options) {
        const init = dictionary(options);
        const { status, statusText } = statusOf(init);
        /** @type {any} */
        const state = {
          type: "default",
          url: "",
          redirected: false,
          status,
          statusText,
          headers: new Headers(init.headers),
          body: null,
        };
        if (body !== undefined && body !== null) {
          if (WITHOUT_BODY.includes(status))
            throw new TypeError(
              `a response with the status ${status} cannot have a body`,
            );
          state.body = extract(body, state.headers);
        }
        this.#state = state;
      }
      static error() {
        const headers = new Headers();
        setGuard(headers, "immutable");
        return responseWith({ type: "error", status: 0, headers });
      }
      /** @type {(url: unknown, status?: number) => Response} */
      static redirect(url, status = 302) {
        const location = parseUrl(url).href;
        if (!REDIRECTS.includes(status))
          throw new RangeError(`invalid status of a redirect: ${status}`);
        const headers = new Headers({ location });
        setGuard(headers, "immutable");
        return responseWith({ status, headers });
      }
      /** @type {(data: unknown, options?: any) => Response} */
      static json(data, options) {
        const text = JSON.stringify(data);
        if (text === undefined)
          throw new TypeError("the data cannot be converted to JSON");
        const init = dictionary(options);
        const headers = new Headers(init.headers);
        if (!headers.has("content-type"))
          headers.set("content-type", "application/json");
        return new Response(text, {
          status: init.status,
          statusText: init.statusText,
          headers,
        });
      }
      get ok() {
        const { status } = this.#state;
        return status >= 200 && status <= 299;
      }
      clone() {
        const { body, headers } = this.#state;
        if (body && bodies.isUnusable(body))
          throw new TypeError(
            "the body of the response was already read, or is locked",
          );
        return responseWith({
          ...this.#state,
          headers: new Headers(headers),
          body: body && bodies.clone(body),
        });
      }
    }
    defineGetters(Response.prototype, (response) => responseState(response), [
      "type",
      "url",
      "redirected",
      "status",
      "statusText",
      "headers",
    ]);
    bodies.define(Response.prototype, responseState);
    setTag(Response.prototype, "Response");
    makeEnumerable(Response.prototype, ["ok", "clone"]);
    makeEnumerable(Response, ["error", "redirect", "json"]);

    /**
     * The requests of the current render that have not ended.
     * @typedef {object} Exchange
     * @property {(response: Response) => void} resolve
     * @property {(error: unknown) => void} reject
     * @property {any} controller The controller of the response's body, once there is a response.
     * @property {Callback | null} pulled Settles the promise of the body's last read.
     */
    /** @type {Map<number, Exchange>} */
    const exchanges = new Map();

    /** Ends an exchange with an error. @type {(id: number, error: unknown) => void} */
    const fail = (id, error) => {
      const exchange = exchanges.get(id);
      if (!exchange) return;
      exchanges.delete(id);
      exchange.reject(error);
      exchange.controller?.error(error);
    };
    /** @type {(id: number, exchange: Exchange, head: any) => Response} */
    const createResponse = (id, exchange, head) => {
      const response = responseWith({
        type: "basic",
        url: head.url,
        redirected: head.redirected,
        status: head.status,
        statusText: head.statusText,
        headers: new Headers(head.headers),
      });
      setGuard(responseState(response).headers, "immutable");
      if (WITHOUT_BODY.includes(head.status)) return response;
      const stream = new ReadableStream({
        type: "bytes",
        /** @param {any} controller */
        start(controller) {
          exchange.controller = controller;
        },
        pull() {
          host.readFetch(id);
          return new Promise((resolve) => {
            exchange.pulled = () => resolve(undefined);
          });
        },
        cancel() {
          exchanges.delete(id);
          host.cancelFetch(id);
        },
      });
      responseState(response).body = bodies.extract(stream).body;
      return response;
    };

    return {
      Request,
      Response,
      async fetch(input, init) {
        const request = new Request(input, init);
        const { method, url, redirect, signal, headers, body } =
          requestState(request);
        signal.throwIfAborted();
        const content = body ? await bodies.read(body) : undefined;
        signal.throwIfAborted();
        const head = { method, url, redirect, headers: [...headers] };
        let id = 0;
        try {
          id = host.startFetch(JSON.stringify(head), content);
        } catch (error) {
          throw new TypeError(/** @type {Error} */ (error).message);
        }
        return new Promise((resolve, reject) => {
          exchanges.set(id, {
            resolve,
            reject,
            controller: null,
            pulled: null,
          });
          signal.addEventListener("abort", () => {
            if (exchanges.has(id)) host.cancelFetch(id);
            fail(id, signal.reason);
          });
        });
      },
      completeFetch(id, event, text, bytes) {
        const exchange = exchanges.get(id);
        if (!exchange) return;
        if (event === "response") {
          exchange.resolve(createResponse(id, exchange, JSON.parse(text)));
        } else if (event === "chunk") {
          exchange.controller.enqueue(bytes);
          exchange.pulled?.();
        } else if (event === "end") {
          exchanges.delete(id);
          exchange.controller?.close();
          exchange.controller?.byobRequest?.respond(0);
          exchange.pulled?.();
        } else {
          fail(id, new TypeError(text));
        }
      },
      clearFetches: () => exchanges.clear(),
    };
  }
);
