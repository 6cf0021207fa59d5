// @ts-check
// Server functions that components call during a render. The generated client uses these instead of requests.
/** @satisfies {Scripts["serverFunctions"]} */ (
  ({ host }) => {
    /** @typedef {{ answered: boolean, json: string }} Outcome */
    // Calls by name and input, so that equal calls of one render run once.
    /** @type {Map<string, Promise<Outcome>>} */
    const calls = new Map();
    /** @type {Map<number, (outcome: Outcome) => void>} */
    const pending = new Map();
    Object.defineProperty(globalThis, Symbol.for("mizan.functions"), {
      value: Object.freeze({
        /**
         * Resolves to `{ answered, json }`: the output, or problem details if `answered` is false.
         * @param {string} name
         */
        call(name, input = "") {
          const key = `${name} ${input}`;
          let call = calls.get(key);
          if (!call) {
            const id = host.callFunction(name, input);
            call = new Promise((resolve) => pending.set(id, resolve));
            calls.set(key, call);
          }
          return call;
        },
        /**
         * Adds the data of a query to the page.
         * @param {string} json
         */
        embed: (json) => host.embedQuery(json),
      }),
    });
    return {
      completeCall(id, succeeded, json) {
        const resolve = pending.get(id);
        pending.delete(id);
        resolve?.({ answered: succeeded, json });
      },
      hasPendingCalls: () => pending.size > 0,
      clearCalls() {
        if (calls.size > 0) calls.clear();
        if (pending.size > 0) pending.clear();
      },
    };
  }
);
