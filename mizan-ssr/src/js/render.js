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

const begin = (namespace, id, props, server, streaming, nonce) => {
  // The root is React's own: directly below it, a boundary may bring the document's head, so that
  // React would hold the shell back until every boundary there is complete.
  const element = server.jsx("div", { id: "mizan-root", children: server.jsx(component(namespace, id), JSON.parse(props)) });
  current = new Render(streaming);
  return current.begin(server, element, nonce);
};

// Components have numbers, so that no path is handed over again for each render.
const known = [];
mizan.know = (id, paths) => known.push({ id, paths }) - 1;
// Markup where all of it could be had at once; else nothing, and the host is given it as it comes.
mizan.render = (number, props, streaming, nonce) => {
  const { id, paths } = known[number];
  const loaded = mizan.load(id);
  if (typeof loaded.then !== "function" || loaded[Symbol.toStringTag] === "Module") {
    return begin(loaded, id, props, serverOf(paths), streaming, nonce);
  }
  loaded.then((namespace) => {
    const html = begin(namespace, id, props, serverOf(paths), streaming, nonce);
    if (html !== undefined) {
      host.emit(html);
      host.finish();
    }
  }).catch((error) => host.fail(describe(error)));
  return undefined;
};
mizan.sendShell = () => { current?.pipe(); };
mizan.abort = (reason) => { current?.abort(reason); };
// Ends a render; what it returns names the shared thing that the render changed.
mizan.end = (thorough) => {
  current = null;
  mizan.dropTimers();
  mizan.dropCalls();
  mizan.speakAgain();
  return mizan.changed(thorough);
};
mizan.beginGuard();
