// Timers, microtasks, MessageChannel, performance. The host keeps the clock and says which timer is due.
const due = new Map();
const start = (callback, delay, repeat, values) => {
  if (typeof callback !== "function") throw new TypeError("a timer needs a function");
  const id = host.timerStart(Math.max(0, Number(delay) || 0), repeat);
  due.set(id, { callback, values, repeat });
  return id;
};
const stop = (id) => {
  if (due.delete(Number(id))) host.timerStop(Number(id));
};
mizan.fire = (id) => {
  const timer = due.get(id);
  if (!timer) return;
  if (!timer.repeat) due.delete(id);
  timer.callback.apply(undefined, timer.values);
};
mizan.dropTimers = () => { if (due.size > 0) due.clear(); };

const resolved = Promise.resolve();
mizan.define({
  setTimeout: (callback, delay, ...values) => start(callback, delay, false, values),
  setInterval: (callback, delay, ...values) => start(callback, Math.max(1, Number(delay) || 0), true, values),
  setImmediate: (callback, ...values) => start(callback, 0, false, values),
  clearTimeout: stop, clearInterval: stop, clearImmediate: stop,
  queueMicrotask(callback) {
    if (typeof callback !== "function") throw new TypeError("queueMicrotask needs a function");
    resolved.then(() => callback());
  },
  performance: {
    timeOrigin: host.timeOrigin(),
    now: () => host.now(),
    mark() {}, measure() {}, clearMarks() {}, clearMeasures() {},
    getEntriesByName: () => [], getEntriesByType: () => [], getEntries: () => [],
    toJSON() { return { timeOrigin: this.timeOrigin }; },
  },
});
