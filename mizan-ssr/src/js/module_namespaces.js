// @ts-check
// Creates the namespaces of modules: the objects that `import * as` binds.
/** @satisfies {Scripts["moduleNamespaces"]} */ (
  () => {
    // V8 represents an object without a prototype as a hash table, with slow lookups. It gives an object that
    // is itself used as a prototype a fast representation.
    /** @type {any} */
    const Heir = function () {};
    /** @param {object} namespace */
    const optimizeLookups = (namespace) => {
      Heir.prototype = namespace;
      const heir = new Heir();
      for (let lookups = 0; lookups < 3; lookups++)
        void heir.mizanAbsentProperty;
      Heir.prototype = null;
    };

    /** @type {() => Namespace} */
    const create = () =>
      Object.defineProperty(Object.create(null), Symbol.toStringTag, {
        value: "Module",
      });

    // A namespace has accessors in place of the exotic object of ECMAScript: engines optimize them, and only
    // property descriptors tell the difference.
    /** @type {(namespace: Namespace, properties: Map<string, PropertyDescriptor>, isFinal: boolean) => void} */
    const define = (namespace, properties, isFinal) => {
      for (const name of Object.keys(namespace)) delete namespace[name];
      for (const name of [...properties.keys()].sort()) {
        Object.defineProperty(namespace, name, {
          ...properties.get(name),
          enumerable: true,
          configurable: !isFinal,
        });
      }
      if (isFinal) Object.preventExtensions(namespace);
      optimizeLookups(namespace);
    };

    /**
     * Returns the properties of a CommonJS module's namespace, which copies the exports.
     * @type {(exports: any, defaultIsExports: boolean) => Map<string, PropertyDescriptor>}
     */
    const commonJsProperties = (exports, defaultIsExports) => {
      const properties = new Map();
      const hasProperties =
        (typeof exports === "object" && exports !== null) ||
        typeof exports === "function";
      for (const key of hasProperties ? Object.keys(exports) : []) {
        const isAccessor =
          Object.getOwnPropertyDescriptor(exports, key)?.get !== undefined;
        properties.set(
          key,
          isAccessor ? { get: () => exports[key] } : { value: exports[key] },
        );
      }
      const hasDefault =
        !defaultIsExports && exports?.__esModule && "default" in exports;
      properties.set(
        "default",
        hasDefault ? { get: () => exports.default } : { value: exports },
      );
      return properties;
    };

    /** @param {Module} module */
    const updateCommonJs = (module) => {
      module.namespaceInUse = true;
      const isFinal = module.state === "evaluated";
      const exports = module.commonJs?.exports;
      const { namespace, nodeNamespace } = module;
      if (namespace && !Object.isFrozen(namespace))
        define(namespace, commonJsProperties(exports, false), isFinal);
      if (nodeNamespace && !Object.isFrozen(nodeNamespace))
        define(nodeNamespace, commonJsProperties(exports, true), isFinal);
    };

    /** @type {(module: Module, strictInterop: boolean) => Namespace} */
    const namespaceOf = (module, strictInterop) =>
      // ES modules of packages use the rules of Node.js. Others read `__esModule`, as bundlers do.
      strictInterop && module.format !== "es"
        ? (module.nodeNamespace ??= create())
        : (module.namespace ??= create());

    /** @type {(module: Module, strictInterop: boolean) => Namespace} */
    const currentNamespace = (module, strictInterop) => {
      const namespace = namespaceOf(module, strictInterop);
      if (module.format !== "es") updateCommonJs(module);
      return namespace;
    };

    /**
     * Returns the exports of an ES module for `require`. If there is a default export, they have the mark
     * `__esModule`, as in Node.js and bundlers.
     * @param {Module} module
     */
    const requirable = (module) => {
      const namespace = /** @type {Namespace} */ (module.namespace);
      if ("module.exports" in namespace) return namespace["module.exports"];
      if (!("default" in namespace) || "__esModule" in namespace)
        return namespace;
      const marked = () => {
        const exports = Object.defineProperties(create(), {
          ...Object.getOwnPropertyDescriptors(namespace),
          __esModule: { value: true },
        });
        optimizeLookups(exports);
        return exports;
      };
      return module.state === "evaluated"
        ? (module.required ??= marked())
        : marked();
    };

    return {
      create,
      define,
      namespaceOf,
      currentNamespace,
      updateCommonJs,
      requirable,
    };
  }
);
