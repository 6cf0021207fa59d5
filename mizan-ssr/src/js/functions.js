// Functions of the server, called by components while they render. The generated client finds them here
// instead of sending requests. Asked twice for the same in one render, they run once.
const calls = new Map();
const open = new Map();
mizan.settle = (id, answered, json) => {
  const settle = open.get(id);
  open.delete(id);
  settle?.({ answered, json });
};
mizan.isCalling = () => open.size > 0;
mizan.dropCalls = () => {
  if (calls.size > 0) calls.clear();
  if (open.size > 0) open.clear();
};
Object.defineProperty(globalThis, Symbol.for("mizan.functions"), {
  value: Object.freeze({
    // Resolves with `{ answered, json }`: the output, or the problem where it is not answered.
    call(name, input = "") {
      const key = `${name} ${input}`;
      let call = calls.get(key);
      if (!call) {
        const id = host.callFunction(name, input);
        call = new Promise((resolve) => open.set(id, resolve));
        calls.set(key, call);
      }
      return call;
    },
  }),
});
