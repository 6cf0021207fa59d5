// The entries that the host calls: a component's path and props in, markup out.
const property = (error, name) => {
  try {
    const value = error[name];
    return value === undefined || value === null ? undefined : String(value).toWellFormed();
  } catch {
    return undefined;
  }
};
const describe = (error, componentStack) => {
  if (typeof error !== "object" || error === null) {
    return JSON.stringify({ name: "Error", message: `something that is not an error was thrown: ${String(error).toWellFormed()}` });
  }
  return JSON.stringify({
    name: property(error, "name") ?? "Error",
    message: property(error, "message") ?? "",
    stack: property(error, "stack"),
    module: typeof error.mizanModule === "number" ? error.mizanModule : undefined,
    componentStack: componentStack ? String(componentStack) : undefined,
  });
};
mizan.describe = (error) => {
  try {
    return describe(error);
  } catch {
    return JSON.stringify({ name: "Error", message: "an error that cannot be described was thrown" });
  }
};

const component = (namespace, id) => {
  const found = namespace.default;
  const kind = typeof found;
  if (kind !== "function" && !(kind === "object" && found !== null && found.$$typeof)) {
    throw Object.assign(new Error(kind === "undefined"
      ? `${id} has no default export; export the component with \`export default\``
      : `the default export of ${id} is ${found === null ? "null" : `a ${kind}`}, not a component`), { mizanModule: -1 });
  }
  return found;
};

// Components that suspended once, so that rendering them to a string at once is not tried again.
const suspends = new Set();
const suspendedAtOnce = (error) => /suspended while responding to synchronous input|error #426/.test(error?.message ?? "");

let abort = null;
const fail = (error, info) => host.fail(describe(error, info?.componentStack));

const stream = async (react, element, streaming, nonce) => {
  const { renderToReadableStream } = mizan.require(react.stream);
  const controller = new AbortController();
  abort = (reason) => controller.abort(new Error(reason));
  let first;
  const options = {
    signal: controller.signal,
    nonce,
    onError(error, info) {
      first ??= { error, info };
      host.recovered(describe(error, info?.componentStack));
    },
  };
  if (!streaming) options.progressiveChunkSize = Infinity;
  let rendered;
  try {
    rendered = await renderToReadableStream(element, options);
    if (!streaming) await rendered.allReady;
  } catch (error) {
    fail(error, first?.error === error ? first.info : undefined);
    return;
  }
  mizan.drive(rendered, { write: (chunk) => host.emit(chunk), close: () => host.finish(), error: fail });
};

const begin = (namespace, id, props, react, streaming, nonce) => {
  const { jsx } = mizan.require(react.jsx);
  // The root is React's own: directly below it, a boundary may bring the document's head, so that
  // React would hold the shell back until every boundary there is complete.
  const element = jsx("div", { id: "mizan-root", children: jsx(component(namespace, id), JSON.parse(props)) });
  if (!streaming && !suspends.has(id)) {
    try {
      const html = mizan.require(react.string).renderToString(element);
      if (!html.includes("<!--$!-->")) return html.toWellFormed();
    } catch (error) {
      if (!suspendedAtOnce(error)) throw error;
    }
    suspends.add(id);
  }
  stream(react, element, streaming, nonce).catch(fail);
  return undefined;
};

mizan.render = (id, props, paths, streaming, nonce) => {
  const react = JSON.parse(paths);
  const loaded = mizan.load(id);
  if (typeof loaded.then !== "function" || loaded[Symbol.toStringTag] === "Module") return begin(loaded, id, props, react, streaming, nonce);
  loaded.then((namespace) => {
    const html = begin(namespace, id, props, react, streaming, nonce);
    if (html !== undefined) {
      host.emit(new TextEncoder().encode(html));
      host.finish();
    }
  }).catch(fail);
  return undefined;
};
mizan.abort = (reason) => { abort?.(reason); };
// Ends a render; what it returns names the shared thing that the render changed.
mizan.end = () => {
  abort = null;
  mizan.dropTimers();
  mizan.dropCalls();
  mizan.speakAgain();
  return mizan.changed();
};
mizan.beginGuard();
