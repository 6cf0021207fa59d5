// Evaluates modules, which the host gives as functions. Cycles, top-level await and hot reload are here.
const modules = new Map();

// What a package has for browsers in the place of a module that needs Node's, as `browser` says in its
// package.json; nothing where that is not why the module failed.
const instead = (id, error) => (error?.mizanModule >= 0 ? host.instead(id, error.mizanModule) : undefined);

const link = (id) => {
  const known = modules.get(id);
  if (known) return known;
  try {
    return linkItself(id);
  } catch (error) {
    const other = instead(id, error);
    if (other === undefined) throw error;
    const module = link(other);
    modules.set(id, module);
    return module;
  }
};
const linkItself = (id) => {
  const about = JSON.parse(host.load(id));
  const module = { ...about, id, state: "linked", namespace: null, nodeNamespace: null, exports: null, required: null, pending: null, used: new Set() };
  modules.set(id, module);
  try {
    for (const specifier of Object.keys(about.imports)) {
      const other = link(about.imports[specifier]);
      module.used.add(other.id);
      module.awaits ||= other.awaits;
    }
  } catch (error) {
    modules.delete(id);
    throw error;
  }
  return module;
};

const makeNamespace = () => Object.defineProperty(Object.create(null), Symbol.toStringTag, { value: "Module" });

// V8 keeps an object without a prototype as a table, and looks every name up in it. It makes one that is
// looked up quickly of what serves as a prototype itself.
function Heir() {}
const quicken = (namespace) => {
  Heir.prototype = namespace;
  const heir = new Heir();
  for (let looks = 0; looks < 3; looks++) void heir.mizanHasNothing;
  Heir.prototype = null;
  return namespace;
};

// What `transform/elements.rs` makes elements with, whose props are known to have neither `key` nor `ref`. Only
// React 19's own functions are replaced: others, and what wraps them, may look for anything.
const RUNTIME = "react/jsx-runtime";
const REACT_RUNTIME = "/react/cjs/react-jsx-runtime.production.js";
const ELEMENT = "$$typeof,type,key,ref,props";
const plainOf = new Map();
const learnElements = ({ jsx, jsxs }) => {
  const props = {};
  const model = jsx("a", props);
  if (Object.keys(model).join() !== ELEMENT || model.key !== null || model.ref !== null || model.props !== props) return;
  const { $$typeof } = model;
  const plain = (type, props, key) => ({ $$typeof, type, key: key === undefined ? null : "" + key, ref: null, props });
  plainOf.set(jsx, plain).set(jsxs, plain);
};
const fillElements = (elements, namespace, kind) => {
  for (const name of ["jsx", "jsxs"]) {
    const plain = kind === "es" ? undefined : plainOf.get(namespace[name]);
    if (plain) elements[name] = plain;
    else Object.defineProperty(elements, name, { configurable: true, get: () => namespace[name] });
  }
};

// The names of a CommonJS module are those that it has once it was evaluated.
const fill = (namespace, exports, whole) => {
  if ((typeof exports === "object" && exports !== null) || typeof exports === "function") {
    for (const key of Object.keys(exports)) {
      if (key === "default") continue;
      const getter = Object.getOwnPropertyDescriptor(exports, key)?.get;
      Object.defineProperty(namespace, key, getter
        ? { configurable: true, enumerable: true, get: () => exports[key] }
        : { configurable: true, enumerable: true, writable: true, value: exports[key] });
    }
  }
  const own = !whole && exports?.__esModule && "default" in exports;
  Object.defineProperty(namespace, "default", own
    ? { configurable: true, enumerable: true, get: () => exports.default }
    : { configurable: true, enumerable: true, writable: true, value: exports });
  return namespace;
};

const namespaceFor = (module, importer) => {
  if (module.kind === "es") return module.namespace;
  // Node's own rule holds among packages that are ES modules by name; everyone else reads `__esModule`.
  const slot = importer?.strictInterop ? "nodeNamespace" : "namespace";
  module[slot] ??= quicken(fill(makeNamespace(), module.exports.exports, slot === "nodeNamespace"));
  return module[slot];
};

// Who imported a CommonJS module in the midst of a cycle has seen only its first names.
const complete = (module) => {
  module.state = "evaluated";
  module.pending = null;
  if (module.namespace && module.kind !== "es") fill(module.namespace, module.exports.exports, false);
  if (module.nodeNamespace) quicken(fill(module.nodeNamespace, module.exports.exports, true));
  if (module.namespace) quicken(module.namespace);
  if (module.kind !== "es" && module.id.endsWith(REACT_RUNTIME)) learnElements(module.exports.exports);
};

const dynamicImport = (importer) => async (specifier) => {
  const id = host.resolve(String(specifier), importer.id, "import");
  importer.used.add(id);
  const module = link(id);
  const pending = evaluate(module);
  if (pending) await pending;
  return namespaceFor(module, importer);
};

const runEs = (module) => {
  const exports = (module.namespace = makeNamespace());
  const elements = { jsx: undefined, jsxs: undefined };
  const importOne = (specifier) => {
    const other = modules.get(module.imports[specifier]);
    const pending = evaluate(other);
    if (pending && other.state !== "evaluated" && !module.awaits) throw new Error(`${other.file} awaits at its top and is part of a cycle with ${module.file}`);
    const namespace = namespaceFor(other, module);
    if (specifier === RUNTIME) fillElements(elements, namespace, other.kind);
    return namespace;
  };
  const exportAll = (source) => {
    for (const key of Object.keys(source)) {
      if (key === "default" || key in exports) continue;
      Object.defineProperty(exports, key, { configurable: true, enumerable: true, get: () => source[key] });
    }
  };
  const meta = { url: module.url, filename: module.file, dirname: module.directory, env: module.env };
  return host.compile(module.id)(exports, importOne, dynamicImport(module), exportAll, meta, elements);
};

// What `require` gives of an ES module with a default: its names, live, with the mark that compilers of ES modules
// to CommonJS look for, as Node and bundlers do.
const requirable = (module) => {
  const { namespace } = module;
  if ("module.exports" in namespace) return namespace["module.exports"];
  if (!("default" in namespace) || "__esModule" in namespace) return namespace;
  const marked = () => Object.defineProperties(makeNamespace(), { ...Object.getOwnPropertyDescriptors(namespace), __esModule: { value: true } });
  return module.state === "evaluated" ? (module.required ??= quicken(marked())) : marked();
};

const requireFrom = (importer) => {
  const require = (specifier) => {
    if (importer.kind === "react" && specifier in platformModules) return platformModules[specifier];
    const id = host.resolve(String(specifier), importer.id, "require");
    importer.used.add(id);
    const module = link(id);
    const pending = evaluate(module);
    if (pending && module.state !== "evaluated") throw new Error(`${module.file} awaits at its top, so ${importer.file} has to import it instead of requiring it`);
    return module.kind === "es" ? requirable(module) : module.exports.exports;
  };
  require.resolve = (specifier) => host.resolve(String(specifier), importer.id, "require");
  require.cache = Object.create(null);
  return require;
};

const runCommonJs = (module) => {
  const cjs = (module.exports = { exports: {}, id: module.file, filename: module.file, loaded: false, children: [], paths: [] });
  const require = requireFrom(module);
  cjs.require = require;
  try {
    host.compile(module.id).call(cjs.exports, cjs.exports, require, cjs, module.file, module.directory, dynamicImport(module), ...(module.kind === "react" ? platform : []));
  } catch (error) {
    const other = instead(module.id, error);
    if (other === undefined) throw error;
    cjs.exports = require(other);
  }
  cjs.loaded = true;
};

// A module that failed is evaluated again when it is next asked for.
const failed = (module, error) => {
  module.state = "linked";
  module.namespace = module.nodeNamespace = module.exports = module.required = module.pending = null;
  throw error;
};

let depth = 0;
const run = (module) => {
  module.state = "evaluating";
  if (depth++ === 0) mizan.aroundModules.before();
  try {
    return module.kind === "es" ? runEs(module) : runCommonJs(module);
  } catch (error) {
    return failed(module, error);
  } finally {
    if (--depth === 0) mizan.aroundModules.after();
  }
};

// Nothing once the module is evaluated, or a promise where it, or one below it, awaits at its top.
const evaluate = (module) => {
  if (module.state !== "linked") return module.pending;
  if (!module.awaits) {
    run(module);
    complete(module);
    return null;
  }
  module.state = "waiting";
  const wait = async () => {
    for (const specifier of Object.keys(module.imports)) {
      const other = modules.get(module.imports[specifier]);
      if (other.awaits && other.state !== "waiting") await evaluate(other);
      else if (other.awaits && !other.entering) await other.pending;
    }
    await run(module);
    complete(module);
  };
  module.entering = true;
  module.pending = wait().catch((error) => failed(module, error));
  module.entering = false;
  return module.pending;
};

mizan.load = (id) => {
  const module = link(id);
  const pending = evaluate(module);
  return pending ? pending.then(() => namespaceFor(module)) : namespaceFor(module);
};
// By path, outside of what a package exports: the parts of React that it keeps to itself.
mizan.require = (id) => {
  const module = link(id);
  evaluate(module);
  return module.kind === "es" ? module.namespace : module.exports.exports;
};

// Forgets the changed modules and everything that imports them, however far up.
mizan.invalidate = (list) => {
  const gone = new Set(JSON.parse(list));
  for (let more = true; more; ) {
    more = false;
    for (const module of modules.values()) {
      if (gone.has(module.id)) continue;
      for (const used of module.used) {
        if (gone.has(used)) { gone.add(module.id); more = true; break; }
      }
    }
  }
  for (const id of gone) modules.delete(id);
};
