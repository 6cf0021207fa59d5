// ReadableStream as far as small producers need it: one reader, chunks of any kind.
class ReadableStream {
  #source; #controller;
  #queue = [];
  #waiting = [];
  #state = "open";
  #error;
  #pulling = false;
  #closing = false;
  locked = false;
  constructor(source = {}, strategy = {}) {
    this.#source = source;
    const stream = this;
    const mark = strategy.highWaterMark ?? 1;
    this.#controller = {
      get desiredSize() {
        if (stream.#state === "errored") return null;
        return mark + stream.#waiting.length - stream.#queue.length;
      },
      byobRequest: null,
      enqueue(chunk) {
        if (stream.#state !== "open" || stream.#closing) throw new TypeError("the stream takes no more chunks");
        if (stream.#waiting.length > 0) stream.#waiting.shift().resolve({ value: chunk, done: false });
        else stream.#queue.push(chunk);
      },
      close() {
        if (stream.#queue.length > 0) stream.#closing = true;
        else stream.#finish();
      },
      error(error) { stream.#fail(error); },
    };
    const started = source.start?.(this.#controller);
    if (started && typeof started.then === "function") {
      this.#pulling = true;
      started.then(() => { this.#pulling = false; if (this.#waiting.length > 0 || mark > 0) this.#pull(); }, (error) => this.#fail(error));
    } else if (mark > 0) {
      Promise.resolve().then(() => this.#pull());
    }
  }
  #finish() {
    if (this.#state !== "open") return;
    this.#state = "closed";
    for (const { resolve } of this.#waiting.splice(0)) resolve({ value: undefined, done: true });
  }
  #fail(error) {
    if (this.#state !== "open") return;
    this.#state = "errored";
    this.#error = error;
    this.#queue = [];
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
  #pull() {
    if (this.#pulling || this.#closing || this.#state !== "open" || !this.#source.pull) return;
    if (this.#controller.desiredSize <= 0) return;
    const pulled = this.#source.pull(this.#controller);
    if (pulled && typeof pulled.then === "function") {
      this.#pulling = true;
      pulled.then(() => { this.#pulling = false; this.#pull(); }, (error) => this.#fail(error));
    }
  }
  getReader() {
    if (this.locked) throw new TypeError("the stream has a reader already");
    this.locked = true;
    const read = () => {
      if (this.#queue.length > 0) {
        const value = this.#queue.shift();
        if (this.#closing && this.#queue.length === 0) this.#finish();
        else this.#pull();
        return Promise.resolve({ value, done: false });
      }
      if (this.#state === "closed") return Promise.resolve({ value: undefined, done: true });
      if (this.#state === "errored") return Promise.reject(this.#error);
      return new Promise((resolve, reject) => {
        this.#waiting.push({ resolve, reject });
        this.#pull();
      });
    };
    return { read, cancel: (reason) => this.#cancel(reason), releaseLock: () => { this.locked = false; } };
  }
  #cancel(reason) {
    if (this.#state !== "open") return Promise.resolve();
    this.#queue = [];
    this.#finish();
    return Promise.resolve(this.#source.cancel?.(reason)).then(() => undefined);
  }
  cancel(reason) { return this.locked ? Promise.reject(new TypeError("the stream has a reader")) : this.#cancel(reason); }
  async *[Symbol.asyncIterator]() {
    const reader = this.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  }
}
mizan.define({ ReadableStream });
