// The first script: how globals are defined, and the few that need nothing.
mizan.define = (globals) => {
  for (const name of Object.keys(globals)) {
    Object.defineProperty(globalThis, name, { value: globals[name], configurable: true, enumerable: false, writable: true });
  }
};
if (typeof Error.stackTraceLimit === "number") Error.stackTraceLimit = 50;
mizan.define({
  self: globalThis,
  // As bundlers define it: packages for every platform read it where there is no `window`.
  global: globalThis,
  process: { env: { NODE_ENV: host.mode() } },
});
