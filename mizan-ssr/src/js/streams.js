// @ts-check
// A subset of ReadableStream for small producers: one reader, chunks of any type.
/** @satisfies {Scripts["streams"]} */ (
  ({ defineGlobals }) => {
    /**
     * @typedef {object} Controller
     * @property {number | null} desiredSize
     * @property {null} byobRequest
     * @property {(chunk: unknown) => void} enqueue
     * @property {() => void} close
     * @property {(error: unknown) => void} error
     *
     * @typedef {object} Source
     * @property {(controller: Controller) => any} [start]
     * @property {(controller: Controller) => any} [pull]
     * @property {(reason: unknown) => any} [cancel]
     *
     * @typedef {{ value: any, done: boolean }} ReadResult
     */

    class ReadableStream {
      #source;
      /** @type {Controller} */
      #controller;
      /** @type {unknown[]} */
      #queue = [];
      /** @type {{ resolve: (result: ReadResult) => void, reject: (error: unknown) => void }[]} */
      #waiting = [];
      /** @type {"open" | "closed" | "errored"} */
      #state = "open";
      /** @type {unknown} */
      #error;
      #pulling = false;
      #closing = false;
      locked = false;
      /**
       * @param {Source} source
       * @param {{ highWaterMark?: number }} strategy
       */
      constructor(source = {}, strategy = {}) {
        this.#source = source;
        const stream = this;
        const highWaterMark = strategy.highWaterMark ?? 1;
        this.#controller = {
          get desiredSize() {
            if (stream.#state === "errored") return null;
            return (
              highWaterMark + stream.#waiting.length - stream.#queue.length
            );
          },
          byobRequest: null,
          enqueue(chunk) {
            if (stream.#state !== "open" || stream.#closing)
              throw new TypeError("the stream is closed");
            const reader = stream.#waiting.shift();
            if (reader) reader.resolve({ value: chunk, done: false });
            else stream.#queue.push(chunk);
          },
          close() {
            if (stream.#queue.length > 0) stream.#closing = true;
            else stream.#finish();
          },
          error(error) {
            stream.#fail(error);
          },
        };
        const started = source.start?.(this.#controller);
        if (started && typeof started.then === "function") {
          this.#pulling = true;
          started.then(
            () => {
              this.#pulling = false;
              if (this.#waiting.length > 0 || highWaterMark > 0) this.#pull();
            },
            /** @param {unknown} error */ (error) => this.#fail(error),
          );
        } else if (highWaterMark > 0) {
          Promise.resolve().then(() => this.#pull());
        }
      }
      #finish() {
        if (this.#state !== "open") return;
        this.#state = "closed";
        for (const { resolve } of this.#waiting.splice(0))
          resolve({ value: undefined, done: true });
      }
      /** @param {unknown} error */
      #fail(error) {
        if (this.#state !== "open") return;
        this.#state = "errored";
        this.#error = error;
        this.#queue = [];
        for (const { reject } of this.#waiting.splice(0)) reject(error);
      }
      #pull() {
        if (
          this.#pulling ||
          this.#closing ||
          this.#state !== "open" ||
          !this.#source.pull
        )
          return;
        if ((this.#controller.desiredSize ?? 0) <= 0) return;
        const pulled = this.#source.pull(this.#controller);
        if (pulled && typeof pulled.then === "function") {
          this.#pulling = true;
          pulled.then(
            () => {
              this.#pulling = false;
              this.#pull();
            },
            /** @param {unknown} error */ (error) => this.#fail(error),
          );
        }
      }
      /** @returns {Promise<ReadResult>} */
      #read() {
        if (this.#queue.length > 0) {
          const value = this.#queue.shift();
          if (this.#closing && this.#queue.length === 0) this.#finish();
          else this.#pull();
          return Promise.resolve({ value, done: false });
        }
        if (this.#state === "closed")
          return Promise.resolve({ value: undefined, done: true });
        if (this.#state === "errored") return Promise.reject(this.#error);
        return new Promise((resolve, reject) => {
          this.#waiting.push({ resolve, reject });
          this.#pull();
        });
      }
      getReader() {
        if (this.locked) throw new TypeError("the stream already has a reader");
        this.locked = true;
        return {
          read: () => this.#read(),
          /** @param {unknown} reason */
          cancel: (reason) => this.#cancel(reason),
          releaseLock: () => {
            this.locked = false;
          },
        };
      }
      /** @param {unknown} reason */
      #cancel(reason) {
        if (this.#state !== "open") return Promise.resolve();
        this.#queue = [];
        this.#finish();
        return Promise.resolve(this.#source.cancel?.(reason)).then(
          () => undefined,
        );
      }
      /** @param {unknown} reason */
      cancel(reason) {
        return this.locked
          ? Promise.reject(new TypeError("the stream has a reader"))
          : this.#cancel(reason);
      }
      async *[Symbol.asyncIterator]() {
        const reader = this.getReader();
        for (;;) {
          const { value, done } = await reader.read();
          if (done) return;
          yield value;
        }
      }
    }
    defineGlobals({ ReadableStream });
  }
);
