// React's server. Its build for Bun hands over strings, so that no chunk is encoded on its own, and it is
// the one build for both ways to render: what it asks of its platform is given to that file alone.

// From 500 bytes on, React may send a boundary later, so sizes have to be those of Node.
let sizesMatter = false;
const beyondAscii = /[^\x00-\x7f]/;
const byteLength = (text) => {
  let length = text.length;
  // React asks for each `<td>`: a loop has looked at it before an expression has begun to.
  if (!sizesMatter || (length > 100 && !beyondAscii.test(text))) return length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) length += unit > 0x7ff ? 2 : 1;
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) {
      length -= 1;
      at += 1;
    }
  }
  return length;
};
// FNV-1a. Two renders of one form have to agree, and nobody else reads it.
const hash = (text) => {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
};

// As they are before any module can change them.
const { setTimeout: timeout, TextEncoder: Encoder } = globalThis;
const settled = Promise.resolve();

// While a render starts, what React puts off runs before `begin` returns, without a turn of the loop.
class Queue {
  #callbacks = [];
  #next = 0;
  #length = 0;
  add(callback) { this.#callbacks[this.#length++] = callback; }
  take() {
    if (this.#next === this.#length) return undefined;
    const callback = this.#callbacks[this.#next];
    this.#callbacks[this.#next++] = undefined;
    return callback;
  }
  // Keeps the places: to set an array's length takes longer than all the rest.
  clear() {
    while (this.#length > 0) this.#callbacks[--this.#length] = undefined;
    this.#next = 0;
  }
}
const soon = new Queue();
const later = new Queue();
let starting = false;
// React makes five sets for each boundary and a dozen sets and maps for each page. Almost all stay empty.
const lazy = (Full) => class {
  #full = null;
  constructor(items) { if (items !== undefined && items !== null) this.#full = new Full(items); }
  #make() { return (this.#full = new Full()); }
  get size() { return this.#full === null ? 0 : this.#full.size; }
  has(key) { return this.#full !== null && this.#full.has(key); }
  get(key) { return this.#full === null ? undefined : this.#full.get(key); }
  add(item) { (this.#full ?? this.#make()).add(item); return this; }
  set(key, value) { (this.#full ?? this.#make()).set(key, value); return this; }
  delete(key) { return this.#full !== null && this.#full.delete(key); }
  clear() { if (this.#full !== null) this.#full.clear(); }
  forEach(callback, receiver) { if (this.#full !== null) this.#full.forEach(callback, receiver); }
  entries() { return (this.#full ?? this.#make()).entries(); }
  keys() { return (this.#full ?? this.#make()).keys(); }
  values() { return (this.#full ?? this.#make()).values(); }
  [Symbol.iterator]() { return (this.#full ?? this.#make())[Symbol.iterator](); }
};

const platform = [
  { byteLength },
  { hash },
  (callback) => {
    if (starting) soon.add(callback);
    else settled.then(callback);
  },
  (callback) => {
    if (starting) later.add(callback);
    else timeout(callback, 0);
  },
  class { constructor(source) { this.source = source; } },
  lazy(Set),
  lazy(Map),
];
const platformModules = { util: { TextEncoder: Encoder }, crypto: {}, stream: {} };

// Until 19.3, the build has only `renderToReadableStream`, which gives its stream through a promise.
const pipeable = (build) => build.renderToPipeableStream ?? ((element, options) => {
  const controller = new AbortController();
  let stream;
  build.renderToReadableStream(element, { ...options, signal: controller.signal }).then((made) => {
    stream = made;
    options.onShellReady?.();
    return stream.allReady.then(() => options.onAllReady?.());
  }, options.onShellError).catch(options.onShellError);
  return { pipe: (destination) => stream.source.pull(destination), abort: (reason) => controller.abort(reason) };
});

const servers = new Map();
const serverOf = (paths) => {
  let server = servers.get(paths);
  if (!server) {
    const files = JSON.parse(paths);
    server = { render: pipeable(mizan.require(files.server)), jsx: mizan.require(files.jsx).jsx };
    servers.set(paths, server);
  }
  return server;
};

// React opens each of its `<style>` elements with a chunk of its own. It gives them no nonce, or leaves out the
// rules whose component names none, and no component knows the nonce.
// HTML that a component writes by itself is a chunk too, and may begin like these.
const opensStyle = (chunk) =>
  chunk === "<style" ||
  // Until 19.2, of the styles that it hoists.
  chunk === '<style data-precedence="' ||
  chunk === '<style media="not all" data-precedence="';
const styleWith = (nonce) => {
  const value = nonce.replace(/["&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<style nonce="${value}"`;
};

let current = null;
// Handed over in pieces of this length, so that they are garbage soon.
const LONG = 1 << 15;

// One render, which is also what React writes into.
class Render {
  #streaming;
  #style = null;
  #react = null;
  #text = "";
  #error = null;
  #piped = false;
  #emitted = false;
  #shell = false;
  #ended = false;
  constructor(streaming) { this.#streaming = streaming; }

  // The whole markup, where nothing had to be waited for.
  begin(server, element, nonce) {
    const onError = (error, info) => { this.#report(); this.#error = { error, info }; };
    const onShellError = (error) => this.destroy(error);
    const options = {
      nonce,
      onError,
      onShellError,
      onShellReady: this.#streaming ? () => this.#shellIsReady() : undefined,
      onAllReady: () => this.pipe(),
      // What is there stands in its place, so that it shows without a script, however long it is.
      progressiveChunkSize: Infinity,
    };
    if (nonce !== undefined) this.#style = styleWith(nonce);
    sizesMatter = this.#streaming;
    soon.clear();
    later.clear();
    starting = true;
    try {
      this.#react = server.render(element, options);
      for (let callback; (callback = soon.take()); ) callback();
    } finally {
      starting = false;
    }
    if (this.#ended) {
      // So that all of it is garbage now.
      current = null;
      if (this.#streaming) return undefined;
      if (!this.#emitted) return this.#text.toWellFormed();
      host.emit(this.#text.toWellFormed());
      host.finish();
      return undefined;
    }
    for (let callback; (callback = later.take()); ) timeout(callback, 0);
    return undefined;
  }
  // What comes as quickly as most answers of functions do belongs into the shell.
  #shellIsReady() {
    if (mizan.isCalling()) host.hold();
    else this.pipe();
  }
  pipe() {
    if (current !== this || this.#piped) return;
    this.#piped = true;
    this.#react.pipe(this);
    this.#shell = true;
    if (this.#ended) this.#finish();
  }
  #finish() {
    this.#report();
    if (!this.#streaming) {
      if (starting) return;
      host.emit(this.#text.toWellFormed());
    }
    host.finish();
  }
  #report() {
    if (this.#error) host.recovered(describe(this.#error.error, this.#error.info?.componentStack));
    this.#error = null;
  }
  abort(reason) { this.#react?.abort(new Error(reason)); }

  write(chunk) {
    if (this.#style !== null && chunk.startsWith("<style") && opensStyle(chunk)) {
      chunk = this.#style + chunk.slice("<style".length);
    }
    this.#text += chunk;
    if (this.#text.length > LONG && current === this) {
      host.emit(this.#text.toWellFormed());
      this.#text = "";
      this.#emitted = true;
    }
    return true;
  }
  flush() {
    if (!this.#streaming || this.#text === "" || current !== this) return;
    host.emit(this.#text.toWellFormed());
    this.#text = "";
  }
  end() {
    this.flush();
    this.#ended = true;
    if (this.#shell && current === this) this.#finish();
  }
  destroy(error) {
    if (current !== this) return;
    const info = this.#error?.error === error ? this.#error.info : undefined;
    if (info) this.#error = null;
    this.#report();
    host.fail(describe(error, info?.componentStack));
  }
  on() {}
}
