/**
 * The types of the scripts in this folder.
 *
 * Each script is an expression whose value is a function. `main.js` calls the functions, so that every
 * dependency between scripts is an argument.
 */

/** The functions that Rust implements; see `src/engine/host/functions.rs`. */
interface Host {
  /** Loads a module and returns its description, a {@link ModuleDescription} as JSON. */
  loadModule(id: string, importer?: string, specifier?: string): string;
  /** Returns the id of the module that `specifier` names in `importer`. */
  resolveModule(
    specifier: string,
    importer: string,
    kind: "import" | "require",
  ): string;
  /** Returns the module that replaces `id` in browsers, after the failure with the given index. */
  browserReplacement(id: string, errorIndex: number): string | undefined;
  nodeReplacement(id: string): string | undefined;
  /** Compiles the function of a loaded module. */
  compileModule(id: string): AnyFunction;
  /** Throws the error of an import whose name the module does not export. `names` is a JSON array. */
  throwMissingExport(
    importer: string,
    specifier: string,
    name: string,
    names: string,
    isAmbiguous: boolean,
  ): never;
  /** Returns `import.meta.env` as JSON. */
  env(): string;
  /** Evaluates a script that is not needed in every realm, and returns its function. */
  evaluateScript(name: keyof LazyScripts): AnyFunction;
  mode(): "development" | "production";
  /** Logs a line. Returns false if the render must not log more. */
  log(level: string, line: string): boolean;
  /** Returns the milliseconds since the isolate was started. */
  now(): number;
  timeOrigin(): number;
  startTimer(milliseconds: number, repeats: boolean): number;
  stopTimer(id: number): void;
  encodeUtf8(text: string): Uint8Array;
  /** Returns undefined for malformed input if `fatal` is set. */
  decodeText(
    bytes: Uint8Array,
    encoding: string,
    fatal: boolean,
    keepBom: boolean,
  ): string | undefined;
  encodingName(label: string): string | undefined;
  /** Returns {@link UrlParts} as JSON; undefined for an invalid URL. */
  parseUrl(href: string, base: string | undefined): string | undefined;
  changeUrl(href: string, part: string, value: string): string | undefined;
  /** Returns an array of names and values as JSON. */
  parseQuery(query: string): string;
  serializeQuery(pairs: string): string;
  randomBytes(length: number): Uint8Array;
  randomUuid(): string;
  /** Starts a call of a server function and returns the call's id. */
  callFunction(name: string, input: string): number;
  /** Adds the data of a query to the page: JSON of an object with `key` and `data`. */
  embedQuery(json: string): void;
  /** Starts a request, described by {@link FetchRequest} as JSON, and returns its id. */
  startFetch(request: string, body: Uint8Array | undefined): number;
  /** Asks for the next chunk of a response's body. */
  readFetch(id: number): void;
  cancelFetch(id: number): void;
  /** Starts a compression or decompression and returns its id. */
  startCoder(format: string, compresses: boolean): number;
  writeCoder(id: number, input: Uint8Array, finish: boolean): void;
  /** Returns the next chunk of output, until more input is needed. */
  readCoder(id: number): Uint8Array | undefined;
  dropCoder(id: number): void;
  digest(hash: string, data: Uint8Array): Uint8Array;
  hmac(hash: string, key: Uint8Array, data: Uint8Array): Uint8Array | undefined;
  /** Compares bytes in a time that does not depend on their contents. */
  areEqual(a: Uint8Array, b: Uint8Array): boolean;
  /** Returns undefined if the data or a length is not valid. */
  aesGcm(
    encrypts: boolean,
    key: Uint8Array,
    nonce: Uint8Array,
    additionalData: Uint8Array,
    tagLength: number,
    data: Uint8Array,
  ): Uint8Array | undefined;
  /** Generates or converts a key of an elliptic curve. Returns undefined if the key is not valid. */
  ecKey(
    operation: string,
    curve: string,
    key: Uint8Array,
  ): Uint8Array | undefined;
  ecdsaSign(
    curve: string,
    privateKey: Uint8Array,
    digest: Uint8Array,
  ): Uint8Array | undefined;
  ecdsaVerify(
    curve: string,
    point: Uint8Array,
    signature: Uint8Array,
    digest: Uint8Array,
  ): boolean;
  /**
   * Returns the value that was set in the task which scheduled the running one. Only engines that pass the
   * value on to promises have this function and the next one.
   */
  asyncContext?(): unknown;
  setAsyncContext?(context: unknown): void;
  /** Holds back the shell, because server functions may complete soon. */
  holdShell(): void;
  emitMarkup(markup: string): void;
  finishRender(): void;
  failRender(describedError: string): void;
  reportRecoveredError(describedError: string): void;
}

/** The functions that Rust calls; see `src/engine/entry_point.rs`. */
interface EntryPoints {
  /** Returns the number of the component in this realm. */
  registerComponent(id: string, reactFiles: string): number;
  /** Returns the markup if all of it is available immediately. Otherwise the host receives it later. */
  render(
    component: number,
    props: string,
    streaming: boolean,
    nonce: string | undefined,
  ): string | undefined;
  sendShell(): void;
  completeCall(id: number, succeeded: boolean, json: string): void;
  completeFetch: Fetches["completeFetch"];
  fireTimer(id: number): void;
  abort(reason: string): void;
  /** Cleans up after a render. Returns the name of a global object that the render changed. */
  endRender(thorough: boolean): string | undefined;
  invalidateModules(ids: string): void;
  describeError(error: unknown): string;
}

/** A function or constructor whose type is outside of these scripts, such as those of React. */
type AnyFunction = (...parameters: any[]) => any;
type AnyClass = new (...parameters: any[]) => any;
type Callback = () => void;

type DefineGlobals = (globals: Record<string, unknown>) => void;

interface Timers {
  setTimeout(
    callback: AnyFunction,
    delay?: number,
    ...parameters: unknown[]
  ): number;
  fireTimer(id: number): void;
  clearTimers(): void;
}

/** The state of an event while it is dispatched. */
interface Dispatch {
  target: unknown;
  currentTarget: unknown;
  active: boolean;
  passive: boolean;
  propagationStopped: boolean;
  stopped: boolean;
  canceled: boolean;
  trusted: boolean;
}

interface BaseEvent {
  readonly type: string;
}

interface BaseEventTarget {
  addEventListener(
    type: string,
    callback: Listener | null,
    options?: boolean | object,
  ): void;
  removeEventListener(
    type: string,
    callback: Listener | null,
    options?: boolean | object,
  ): void;
  dispatchEvent(event: BaseEvent): boolean;
}

type Listener = AnyFunction | { handleEvent(event: BaseEvent): void };

interface EventListenerEntry {
  callback: Listener;
  capture: boolean;
  once: boolean;
  passive: boolean;
  removed: boolean;
}

interface Events {
  DOMException: new (message?: string, name?: string) => Error;
  EventTarget: new () => BaseEventTarget;
  MessageEvent: new (type: string, init?: { data?: unknown }) => BaseEvent;
  AbortController: new () => {
    readonly signal: unknown;
    abort(reason?: unknown): void;
  };
  AbortSignal: AnyClass & {
    any(signals: Iterable<any>): any;
  };
}

/** The JSON that {@link Host.startFetch} receives. */
interface FetchRequest {
  method: string;
  url: string;
  redirect: "follow" | "error" | "manual";
  headers: [string, string][];
}

/** The modules of Node.js that edge runtimes have too: functions that return their exports, by id. */
type NodeModules = Record<string, () => object>;

/** The values of `AsyncLocalStorage` for the running task. */
interface AsyncContexts {
  current(): unknown;
  /** Calls a function with the values of the task that scheduled it. */
  run(context: unknown, callback: AnyFunction, parameters: unknown[]): unknown;
  /** Removes the values at the end of a render. */
  reset(): void;
  createClasses(): {
    AsyncLocalStorage: AnyClass;
    AsyncResource: AnyClass;
    AsyncContext: object;
  };
}

/** The functions for requests of the current render. */
interface Fetches {
  /** Passes an event of a request to it: a response, a chunk of its body, its end, or an error. */
  completeFetch(
    id: number,
    event: "response" | "chunk" | "end" | "error",
    text: string,
    bytes: Uint8Array | undefined,
  ): void;
  clearFetches(): void;
}

interface UrlParts {
  href: string;
  origin: string;
  search: string;
  [part: string]: string;
}

interface ServerFunctions {
  completeCall(id: number, succeeded: boolean, json: string): void;
  hasPendingCalls(): boolean;
  clearCalls(): void;
}

interface GlobalMutationCheck {
  /** Records the current state as unchanged. */
  recordBaseline(): void;
  /** Records the value of a global that is loaded when it is first read. */
  globalLoaded(name: string, value: unknown): void;
  /** Notes that a value was assigned to a global before it was loaded. */
  globalReplaced(): void;
  /** Must be called before modules are evaluated, which may change globals. */
  beforeModules(): void;
  /** Must be called after modules are evaluated. */
  afterModules(): void;
  /** Returns the name of a global object that a render changed. */
  changedGlobal(thorough: boolean): string | undefined;
}

/** The description of a module that the host loads. */
interface ModuleDescription {
  format: "es" | "cjs" | "react";
  /** Set if the module has a top-level `await`. */
  awaits: boolean;
  /** The specifiers and ids of the static imports, in evaluation order. */
  imports: [specifier: string, id: string][];
  /** See `src/modules/transform/module_record.rs`. */
  record: ModuleRecord;
  strictInterop: boolean;
  file: string;
  directory: string;
  url: string;
}

/** The names of an ES module. Numbers are indices of `imports`. */
interface ModuleRecord {
  imported: [request: number, name: string][];
  local: string[];
  indirect: IndirectExport[];
  star: number[];
}

/** An export of another module's binding, or of its namespace. */
type IndirectExport = [name: string, request: number, imported: string | null];

/** A variable of a module. */
interface Binding {
  module: Module;
  /** The index of a getter, a name in a namespace, or null for the namespace itself. */
  key: number | string | null;
  strictInterop?: boolean;
  /** Set if the name may be one of a CommonJS module. */
  isUnknown?: boolean;
}

type Resolution = Binding | "ambiguous" | null;

type Namespace = Record<PropertyKey, any>;

interface CommonJsModule {
  exports: any;
  id: string;
  filename: string;
  loaded: boolean;
  children: unknown[];
  paths: unknown[];
  require?: AnyFunction;
}

interface Module extends ModuleDescription {
  id: string;
  state: "linked" | "evaluating" | "evaluating-async" | "evaluated";
  /** The modules of `imports`. */
  requests: Module[];
  /** The ids of all modules that this module has imported. */
  used: Set<string>;
  /** The exports by name: the index of a getter, or the binding of another module. */
  exported: Map<string, number | IndirectExport>;
  /** Resolved exports by name. */
  resolved: Map<string, Resolution>;
  /** The getters of `record.local`. */
  getters: (() => unknown)[];
  /** The function of an ES module, stopped before the code of the module. */
  code: Generator | Promise<void> | null;
  /** Continues the function if it is asynchronous. */
  startAsync?: Callback;
  /** The functions that create JSX elements. */
  elements: object;
  /** The exports as ES modules see them. */
  namespace: Namespace | null;
  /** The exports of a CommonJS module as ES modules of packages see them, by the rules of Node.js. */
  nodeNamespace: Namespace | null;
  commonJs: CommonJsModule | null;
  /** Set once an ES module may have read the namespace of a CommonJS module. */
  namespaceInUse: boolean;
  /** The exports of an ES module as `require` returns them. */
  required: Namespace | null;
  /** The modules that are evaluated at the same time, imports last. */
  stack: Module[] | null;
  /** The position on the stack of the first module of the same cycle. */
  rootPosition: number;
  cycleRoot: Module | null;
  failure: { error: unknown } | null;
  /** The order of modules that wait for a top-level await; null for others. */
  asyncOrder: number | null;
  pendingImports: number;
  asyncParents: Module[];
  completion: Completion | null;
}

/** The promise of an asynchronous evaluation. */
interface Completion {
  promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

interface ModuleNamespaces {
  create(): Namespace;
  /** Replaces the properties of a namespace. */
  define(
    namespace: Namespace,
    properties: Map<string, PropertyDescriptor>,
    isFinal: boolean,
  ): void;
  /** Returns the namespace, which is empty until the module is linked or {@link updateCommonJs} is called. */
  namespaceOf(module: Module, strictInterop: boolean): Namespace;
  /** Returns the namespace with the exports that a CommonJS module has now. */
  currentNamespace(module: Module, strictInterop: boolean): Namespace;
  /** Copies the exports of a CommonJS module to its namespaces. */
  updateCommonJs(module: Module): void;
  requirable(module: Module): any;
}

interface ModuleLinking {
  /** Links `modules`, imports first. `start` runs the first part of a module's function. */
  link(modules: Module[], start: (module: Module) => void): void;
  /** Adds the names of CommonJS modules that an ES module exports with `export *`. */
  completeNames(module: Module): void;
}

interface ModuleEvaluation {
  /** Evaluates a module with its imports. Returns a promise if one of them has a top-level await. */
  evaluate(module: Module): Promise<void> | null;
  /** The modules that failed, or whose top-level await has not completed. */
  unfinished: Set<Module>;
}

interface ModuleRunner {
  /** Evaluates a module. Returns a promise if a module awaits at its top level. */
  load(id: string): Namespace | Promise<Namespace>;
  /** Evaluates a module by path, including files that its package does not export. */
  require(id: string): any;
  /** Unloads modules and everything that imports them. */
  invalidate(ids: Iterable<string>): void;
}

interface ErrorDescriber {
  /** Returns an error as JSON; see `src/engine/exception.rs`. May throw. */
  describe(error: unknown, componentStack?: string): string;
  /** Returns an error as JSON. Does not throw. */
  describeSafely(error: unknown): string;
}

/** Reads the answer that a component gives instead of markup; see `src/page/outcome.rs`. */
interface PageOutcomeReader {
  /** Returns the digest of an outcome that a function of the generated client threw. */
  digestOf(error: unknown): string | undefined;
  /** Returns the digest of the outcome that a failed call outside of the application's boundaries has. */
  digestOfCall(error: unknown, componentStack: string): string | undefined;
}

/** The platform APIs that React's server receives. */
interface ReactPlatform {
  /** The values of the additional parameters of React's server. */
  parameters: unknown[];
  /** The modules of Node.js that React's server requires. */
  modules: Record<string, unknown>;
  /** Runs `start`, and the microtasks that React queues in it, synchronously. */
  runStart(streaming: boolean, start: Callback): void;
  isStarting(): boolean;
  /** Schedules the tasks that React deferred during `runStart`. */
  scheduleDeferredTasks(): void;
}

interface ReactServer {
  render(element: unknown, options: object): ReactRender;
  jsx(type: unknown, props: object): unknown;
}

interface ReactRender {
  pipe(destination: object): void;
  abort(reason: unknown): void;
}

interface Renders {
  /** Returns the React of a component. `files` is JSON. */
  serverOf(files: string): ReactServer;
  /** Returns the markup if all of it is available immediately. */
  start(
    server: ReactServer,
    element: unknown,
    streaming: boolean,
    nonce: string | undefined,
  ): string | undefined;
  sendShell(): void;
  abort(reason: string): void;
  /** Makes the current render ignore further output of React. */
  detach(): void;
}

/** The functions in the other files of this folder. */
interface Scripts {
  globals(inputs: { host: Host }): { defineGlobals: DefineGlobals };
  console(inputs: { host: Host }): { resetLogLimit: Callback };
  asyncContext(inputs: { host: Host }): AsyncContexts;
  timers(inputs: {
    host: Host;
    defineGlobals: DefineGlobals;
    asyncContext: AsyncContexts;
  }): Timers;
  events(inputs: {
    host: Host;
    defineGlobals: DefineGlobals;
    setTimeout: Timers["setTimeout"];
  }): Events;
  textEncoding(inputs: {
    host: Host;
    defineGlobals: DefineGlobals;
    DOMException: Events["DOMException"];
  }): { TextEncoder: new () => object };
  url(inputs: { host: Host; defineGlobals: DefineGlobals }): void;
  structuredClone(inputs: {
    defineGlobals: DefineGlobals;
    events: Events;
    setTimeout: Timers["setTimeout"];
  }): void;
  platform(inputs: {
    host: Host;
    defineGlobals: DefineGlobals;
    events: Events;
    asyncContext: AsyncContexts;
    /** Called with a global that was loaded because it was read. */
    onLoaded: (name: string, value: unknown) => void;
    /** Called if a value is assigned to a global before it is loaded. */
    onReplaced: Callback;
  }): Pick<Fetches, "completeFetch"> & {
    /** Removes what a render has left behind. */
    clear: Callback;
    /** Returns `crypto.subtle`. */
    subtle: () => object;
    nodeModules: NodeModules;
  };
  crypto(inputs: {
    host: Host;
    defineGlobals: DefineGlobals;
    DOMException: Events["DOMException"];
    subtle: () => object;
  }): void;
  serverFunctions(inputs: { host: Host }): ServerFunctions;
  globalMutationCheck(): GlobalMutationCheck;
  reactPlatform(inputs: {
    setTimeout: Timers["setTimeout"];
    TextEncoder: new () => object;
  }): ReactPlatform;
  moduleNamespaces(): ModuleNamespaces;
  moduleLinking(inputs: {
    host: Host;
    namespaces: ModuleNamespaces;
  }): ModuleLinking;
  moduleEvaluation(inputs: {
    /** Prepares the imports of an ES module before its code runs. */
    beforeBody: (module: Module) => void;
    runCommonJs: (module: Module) => void;
    /** Runs code of modules, which may change globals. */
    runGuarded: <T>(run: () => T) => T;
  }): ModuleEvaluation;
  moduleRunner(inputs: {
    host: Host;
    reactPlatform: ReactPlatform;
    globalMutationCheck: GlobalMutationCheck;
    nodeModules: NodeModules;
    moduleNamespaces: Scripts["moduleNamespaces"];
    moduleLinking: Scripts["moduleLinking"];
    moduleEvaluation: Scripts["moduleEvaluation"];
  }): ModuleRunner;
  describeError(): ErrorDescriber;
  pageOutcome(): PageOutcomeReader;
  reactServer(inputs: {
    host: Host;
    reactPlatform: ReactPlatform;
    requireModule: ModuleRunner["require"];
    describe: ErrorDescriber["describe"];
    pageOutcome: PageOutcomeReader;
    hasPendingCalls: ServerFunctions["hasPendingCalls"];
    AbortController: Events["AbortController"];
  }): Renders;
  render(inputs: {
    host: Host;
    loadModule: ModuleRunner["load"];
    renders: Renders;
    describe: ErrorDescriber["describe"];
  }): Pick<EntryPoints, "registerComponent" | "render">;
}

/** The classes of the Streams standard. */
type Streams = Record<
  | "ByteLengthQueuingStrategy"
  | "CountQueuingStrategy"
  | "ReadableByteStreamController"
  | "ReadableStream"
  | "ReadableStreamBYOBReader"
  | "ReadableStreamBYOBRequest"
  | "ReadableStreamDefaultController"
  | "ReadableStreamDefaultReader"
  | "TransformStream"
  | "TransformStreamDefaultController"
  | "WritableStream"
  | "WritableStreamDefaultController"
  | "WritableStreamDefaultWriter",
  AnyClass
>;

interface FormDataClasses {
  Blob: AnyClass;
  File: AnyClass;
  FormData: AnyClass;
  formDataToBlob(form: unknown): any;
}

interface HeadersScript {
  Headers: AnyClass;
  setGuard(headers: any, guard: "none" | "immutable"): void;
  /** Converts a value to a string whose characters are bytes, or throws. */
  byteString(value: unknown): string;
  isToken(text: string): boolean;
}

/** The functions for the bodies of requests and responses. */
interface Bodies {
  /** Returns the body of a value, and its content type. */
  extract(value: any): { body: any; type: string | null };
  clone(body: any): any;
  /** Returns a stream that continues the stream of `body`. */
  forward(body: any): any;
  isUnusable(body: any): boolean;
  read(body: any): Promise<Uint8Array>;
  /** Defines the members that requests and responses share. */
  define(
    prototype: object,
    inner: (object: any) => { body: any; headers: any },
  ): void;
}

interface FetchApi extends Fetches {
  Request: AnyClass;
  Response: AnyClass;
  fetch(input: any, init?: any): Promise<any>;
}

/** The scripts that the host evaluates on demand. */
interface LazyScripts {
  webStreams(): Streams;
  textStreams(
    inputs: Pick<Streams, "TransformStream">,
  ): Record<"TextDecoderStream" | "TextEncoderStream", AnyClass>;
  compressionStreams(
    inputs: { host: Host } & Pick<Streams, "TransformStream">,
  ): Record<"CompressionStream" | "DecompressionStream", AnyClass>;
  subtleCrypto(inputs: { host: Host; DOMException: Events["DOMException"] }): {
    CryptoKey: AnyClass;
    SubtleCrypto: AnyClass;
    subtle: object;
  };
  buffer(): object;
  storage(): {
    Storage: AnyClass;
    localStorage: object;
    sessionStorage: object;
    clearStorages: Callback;
  };
  formData(inputs: Pick<Streams, "ReadableStream">): FormDataClasses;
  headers(): HeadersScript;
  body(
    inputs: FormDataClasses &
      Pick<Streams, "ReadableStream"> &
      Pick<HeadersScript, "isToken">,
  ): Bodies;
  fetchApi(inputs: {
    host: Host;
    headers: HeadersScript;
    bodies: Bodies;
    ReadableStream: AnyClass;
    AbortSignal: Events["AbortSignal"];
  }): FetchApi;
  urlPattern(): { URLPattern: AnyClass };
}

/** The function in `main.js`. */
type Main = (host: Host, scripts: Scripts) => EntryPoints;

declare var console: Record<string, AnyFunction>;
declare var process: { env: Record<string, string> };
declare function atob(text: string): string;
declare function btoa(text: string): string;
declare var TextDecoder: AnyClass;
declare var TextEncoder: AnyClass;
declare var URL: AnyClass;
declare var URLSearchParams: AnyClass;
