// The first script: how globals are defined, and the few that need nothing.
mizan.define = (globals) => {
  for (const name of Object.keys(globals)) {
    Object.defineProperty(globalThis, name, { value: globals[name], configurable: true, enumerable: false, writable: true });
  }
};
if (typeof Error.stackTraceLimit === "number") Error.stackTraceLimit = 50;
// Buffers that grow, and WebAssembly's memories, are not within what the heap may take.
delete globalThis.WebAssembly;
for (const name of ["ArrayBuffer", "SharedArrayBuffer"]) {
  const Native = globalThis[name];
  if (!Native) continue;
  const Fixed = new Proxy(Native, {
    construct(target, values, newTarget) {
      if (values[1]?.maxByteLength !== undefined) throw new RangeError(`an ${name} that grows is not supported here`);
      return Reflect.construct(target, values, newTarget);
    },
  });
  Native.prototype.constructor = Fixed;
  Object.defineProperty(globalThis, name, { value: Fixed, configurable: true, enumerable: false, writable: true });
}
// They would run code of one render during another. The language lets an engine never say what it collected.
if (globalThis.Atomics) delete Atomics.waitAsync;
const Registry = class FinalizationRegistry {
  constructor(cleanup) {
    if (typeof cleanup !== "function") throw new TypeError("FinalizationRegistry: cleanup must be callable");
  }
  register() {}
  unregister() { return false; }
};
Object.defineProperty(Registry.prototype, Symbol.toStringTag, { value: "FinalizationRegistry", configurable: true });
mizan.define({
  FinalizationRegistry: Registry,
  self: globalThis,
  // As bundlers define it: packages for every platform read it where there is no `window`.
  global: globalThis,
  process: { env: { NODE_ENV: host.mode() } },
});
