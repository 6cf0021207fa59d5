// @ts-check
// AsyncLocalStorage and AsyncContext. The host keeps the current values across promises.
/** @satisfies {Scripts["asyncContext"]} */ (
  ({ host }) => {
    /** The values of all variables. A map is not changed after it was made current. */
    /** @typedef {ReadonlyMap<object, unknown> | undefined} Context */
    // In an engine that does not pass the context on to promises, only synchronous code and timers have it.
    /** @type {Context} */
    let synchronous;
    /** @type {() => Context} */
    const current = host.asyncContext
      ? /** @type {() => Context} */ (host.asyncContext)
      : () => synchronous;
    /** @type {(context: Context) => void} */
    const setCurrent =
      host.setAsyncContext ??
      ((context) => {
        synchronous = context;
      });
    /** @type {(context: Context, callback: AnyFunction, receiver: unknown, parameters: unknown[]) => any} */
    const runIn = (context, callback, receiver, parameters) => {
      const before = current();
      setCurrent(context);
      try {
        return callback.apply(receiver, parameters);
      } finally {
        setCurrent(before);
      }
    };
    /** @type {(variable: object, value: unknown) => Context} */
    const contextWith = (variable, value) =>
      new Map(current()).set(variable, value);
    /** @type {(context: Context) => (callback: AnyFunction, ...parameters: unknown[]) => any} */
    const runner =
      (context) =>
      (callback, ...parameters) =>
        runIn(context, callback, undefined, parameters);

    return {
      current,
      /** Runs a callback with the context of the task that scheduled it. */
      run: (context, callback, parameters) =>
        context === current()
          ? callback.apply(undefined, parameters)
          : runIn(
              /** @type {Context} */ (context),
              callback,
              undefined,
              parameters,
            ),
      reset() {
        if (current() !== undefined) setCurrent(undefined);
      },
      createClasses() {
        class AsyncLocalStorage {
          #defaultValue;
          name;
          /** @param {{ defaultValue?: unknown, name?: string }} [options] */
          constructor({ defaultValue, name = "" } = {}) {
            this.#defaultValue = defaultValue;
            this.name = name;
          }
          getStore() {
            const context = current();
            return context?.has(this) ? context.get(this) : this.#defaultValue;
          }
          /** @type {(store: unknown, callback: AnyFunction, ...parameters: unknown[]) => any} */
          run(store, callback, ...parameters) {
            const context = contextWith(this, store);
            return runIn(context, callback, undefined, parameters);
          }
          /** @type {(callback: AnyFunction, ...parameters: unknown[]) => any} */
          exit(callback, ...parameters) {
            return this.run(undefined, callback, ...parameters);
          }
          /** @param {unknown} store */
          enterWith(store) {
            setCurrent(contextWith(this, store));
          }
          disable() {
            const context = new Map(current());
            context.delete(this);
            setCurrent(context);
          }
          /** @type {(callback: AnyFunction) => AnyFunction} */
          static bind(callback) {
            return AsyncResource.bind(callback);
          }
          static snapshot() {
            return runner(current());
          }
        }
        class AsyncResource {
          #context = current();
          /** @type {(callback: AnyFunction, receiver?: unknown, ...parameters: unknown[]) => any} */
          runInAsyncScope(callback, receiver, ...parameters) {
            return runIn(this.#context, callback, receiver, parameters);
          }
          emitDestroy() {
            return this;
          }
          /** @type {(callback: AnyFunction, receiver?: unknown) => AnyFunction} */
          bind(callback, receiver) {
            const context = this.#context;
            return function (...parameters) {
              // @ts-expect-error: the receiver of the call, unless another was given.
              return runIn(context, callback, receiver ?? this, parameters);
            };
          }
          /** @type {(callback: AnyFunction, type?: string, receiver?: unknown) => AnyFunction} */
          static bind(callback, type, receiver) {
            void type;
            return new AsyncResource().bind(callback, receiver);
          }
        }
        class Variable {
          #storage;
          name;
          /** @param {{ defaultValue?: unknown, name?: string }} [options] */
          constructor(options) {
            this.#storage = new AsyncLocalStorage(options);
            this.name = this.#storage.name;
          }
          get() {
            return this.#storage.getStore();
          }
          /** @type {(value: unknown, callback: AnyFunction, ...parameters: unknown[]) => any} */
          run(value, callback, ...parameters) {
            return this.#storage.run(value, callback, ...parameters);
          }
        }
        class Snapshot {
          #run = runner(current());
          /** @type {(callback: AnyFunction, ...parameters: unknown[]) => any} */
          run(callback, ...parameters) {
            return this.#run(callback, ...parameters);
          }
          /** @type {(callback: AnyFunction) => AnyFunction} */
          static wrap(callback) {
            return AsyncResource.bind(callback);
          }
        }
        return {
          AsyncLocalStorage,
          AsyncResource,
          AsyncContext: { Variable, Snapshot },
        };
      },
    };
  }
);
