// TextEncoder, TextDecoder, atob, btoa.
class TextEncoder {
  get encoding() { return "utf-8"; }
  encode(input = "") { return host.encode(String(input).toWellFormed()); }
  encodeInto(input, target) {
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

const bytesOf = (input) => {
  if (input === undefined) return new Uint8Array(0);
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  return new Uint8Array(input);
};
// How many bytes at the end begin a character that is not complete.
const unfinished = (bytes) => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
};
class TextDecoder {
  #encoding; #fatal; #ignoreBOM;
  #kept = new Uint8Array(0);
  #begun = false;
  constructor(label = "utf-8", options = {}) {
    const name = host.encodingName(String(label));
    if (name === undefined) throw new RangeError(`unknown encoding: ${label}`);
    this.#encoding = name;
    this.#fatal = Boolean(options.fatal);
    this.#ignoreBOM = Boolean(options.ignoreBOM);
  }
  get encoding() { return this.#encoding; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }
  decode(input, options = {}) {
    let bytes = bytesOf(input);
    if (options.stream && this.#encoding !== "utf-8") throw new TypeError(`a stream of ${this.#encoding} cannot be decoded here; decode it whole`);
    if (this.#kept.length > 0) {
      const joined = new Uint8Array(this.#kept.length + bytes.length);
      joined.set(this.#kept);
      joined.set(bytes, this.#kept.length);
      bytes = joined;
    }
    const tail = options.stream ? unfinished(bytes) : 0;
    this.#kept = bytes.slice(bytes.length - tail);
    const keepBOM = this.#ignoreBOM || this.#begun;
    this.#begun = Boolean(options.stream);
    const text = host.decode(bytes.slice(0, bytes.length - tail), this.#encoding, this.#fatal, keepBOM);
    if (text === undefined) throw new TypeError(`the data is not valid ${this.#encoding}`);
    return text;
  }
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
mizan.define({
  TextEncoder, TextDecoder,
  btoa(input) {
    const text = String(input);
    let out = "";
    for (let at = 0; at < text.length; at += 3) {
      const three = [0, 1, 2].map((k) => text.charCodeAt(at + k));
      if (three.some((code) => code > 255)) throw new DOMException("a character does not fit into one byte", "InvalidCharacterError");
      const bits = (three[0] << 16) | ((three[1] || 0) << 8) | (three[2] || 0);
      const four = [18, 12, 6, 0].map((shift) => alphabet[(bits >> shift) & 63]);
      const present = Math.min(3, text.length - at);
      out += four.slice(0, present + 1).join("") + "=".repeat(3 - present);
    }
    return out;
  },
  atob(input) {
    const text = String(input).replace(/[\t\n\f\r ]/g, "").replace(/={1,2}$/, "");
    if (text.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(text)) throw new DOMException("this is not base64", "InvalidCharacterError");
    let out = "";
    let bits = 0;
    let count = 0;
    for (const character of text) {
      bits = ((bits << 6) | alphabet.indexOf(character)) & 0xffffff;
      count += 6;
      if (count >= 8) { count -= 8; out += String.fromCharCode((bits >> count) & 255); }
    }
    return out;
  },
});
