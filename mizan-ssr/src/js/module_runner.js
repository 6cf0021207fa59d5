// @ts-check
// Evaluates modules, which the host compiles to functions: cycles, top-level await and hot reload.
/** @satisfies {Scripts["moduleRunner"]} */ (
  ({ host, reactPlatform, globalMutationCheck, nodeModules }) => {
    /** @type {Map<string, Module>} */
    const modules = new Map();

    /** @param {string} id */
    const linkedModule = (id) => {
      const module = modules.get(id);
      if (!module) throw new Error(`the module ${id} is not linked`);
      return module;
    };

    /**
     * Returns the module that a package substitutes for `id` in browsers, if `error` says that a module of
     * Node.js is missing.
     * @type {(id: string, error: any) => string | undefined}
     */
    const browserReplacement = (id, error) =>
      error?.mizanModule >= 0
        ? host.browserReplacement(id, error.mizanModule)
        : undefined;

    /** @type {(id: string) => Module} */
    const link = (id) => {
      const linked = modules.get(id);
      if (linked) return linked;
      try {
        return linkWithImports(id);
      } catch (error) {
        const replacement = browserReplacement(id, error);
        if (replacement === undefined) throw error;
        const module = link(replacement);
        modules.set(id, module);
        return module;
      }
    };
    /** @type {(id: string) => Module} */
    const linkWithImports = (id) => {
      /** @type {ModuleDescription} */
      const description = JSON.parse(host.loadModule(id));
      /** @type {Module} */
      const module = {
        ...description,
        id,
        state: "linked",
        namespace: null,
        nodeNamespace: null,
        commonJs: null,
        required: null,
        pending: null,
        used: new Set(),
      };
      modules.set(id, module);
      try {
        for (const specifier of Object.keys(description.imports)) {
          const imported = link(description.imports[specifier]);
          module.used.add(imported.id);
          module.awaits ||= imported.awaits;
        }
      } catch (error) {
        modules.delete(id);
        throw error;
      }
      return module;
    };

    /** @type {() => Namespace} */
    const createNamespace = () =>
      Object.defineProperty(Object.create(null), Symbol.toStringTag, {
        value: "Module",
      });

    // V8 represents an object without a prototype as a hash table, with slow lookups. It gives an object that
    // is itself used as a prototype a fast representation.
    /** @type {any} */
    const Heir = function () {};
    /** @type {<T extends object>(namespace: T) => T} */
    const optimizeLookups = (namespace) => {
      Heir.prototype = namespace;
      const heir = new Heir();
      for (let lookups = 0; lookups < 3; lookups++)
        void heir.mizanAbsentProperty;
      Heir.prototype = null;
      return namespace;
    };

    // The functions with which `src/modules/transform/jsx.rs` creates elements whose props have neither `key`
    // nor `ref`. They replace only React 19's own functions, because others may inspect any property.
    const JSX_RUNTIME = "react/jsx-runtime";
    const REACT_JSX_RUNTIME_FILE = "/react/cjs/react-jsx-runtime.production.js";
    const ELEMENT_KEYS = "$$typeof,type,key,ref,props";
    /** @type {Map<AnyFunction, AnyFunction>} */
    const directFunctions = new Map();
    /** @param {{ jsx: AnyFunction, jsxs: AnyFunction }} runtime */
    const learnElementShape = ({ jsx, jsxs }) => {
      const props = {};
      const sample = jsx("a", props);
      const isKnownShape =
        Object.keys(sample).join() === ELEMENT_KEYS &&
        sample.key === null &&
        sample.ref === null &&
        sample.props === props;
      if (!isKnownShape) return;
      const { $$typeof } = sample;
      /** @type {(type: unknown, props: object, key: unknown) => object} */
      const createElement = (type, props, key) => ({
        $$typeof,
        type,
        key: key === undefined ? null : "" + key,
        ref: null,
        props,
      });
      directFunctions.set(jsx, createElement).set(jsxs, createElement);
    };
    /** @type {(elements: object, namespace: Namespace, format: Module["format"]) => void} */
    const fillElements = (elements, namespace, format) => {
      for (const name of ["jsx", "jsxs"]) {
        const direct =
          format === "es" ? undefined : directFunctions.get(namespace[name]);
        const property = direct
          ? { writable: true, enumerable: true, value: direct }
          : { get: () => namespace[name] };
        Object.defineProperty(elements, name, {
          configurable: true,
          ...property,
        });
      }
    };

    /**
     * Copies the exports that a CommonJS module has after its evaluation.
     * @type {(namespace: Namespace, exports: any, defaultIsExports: boolean) => Namespace}
     */
    const fillNamespace = (namespace, exports, defaultIsExports) => {
      if (
        (typeof exports === "object" && exports !== null) ||
        typeof exports === "function"
      ) {
        for (const key of Object.keys(exports)) {
          if (key === "default") continue;
          const isAccessor =
            Object.getOwnPropertyDescriptor(exports, key)?.get !== undefined;
          Object.defineProperty(
            namespace,
            key,
            isAccessor
              ? {
                  configurable: true,
                  enumerable: true,
                  get: () => exports[key],
                }
              : {
                  configurable: true,
                  enumerable: true,
                  writable: true,
                  value: exports[key],
                },
          );
        }
      }
      const hasDefault =
        !defaultIsExports && exports?.__esModule && "default" in exports;
      Object.defineProperty(
        namespace,
        "default",
        hasDefault
          ? { configurable: true, enumerable: true, get: () => exports.default }
          : {
              configurable: true,
              enumerable: true,
              writable: true,
              value: exports,
            },
      );
      return namespace;
    };

    /** @type {(module: Module, importer?: Module) => Namespace} */
    const namespaceFor = (module, importer) => {
      if (module.format === "es")
        return /** @type {Namespace} */ (module.namespace);
      const exports = module.commonJs?.exports;
      // ES modules of packages use the rules of Node.js. Others read `__esModule`, as bundlers do.
      if (importer?.strictInterop) {
        return (module.nodeNamespace ??= optimizeLookups(
          fillNamespace(createNamespace(), exports, true),
        ));
      }
      return (module.namespace ??= optimizeLookups(
        fillNamespace(createNamespace(), exports, false),
      ));
    };

    /** @param {Module} module */
    const complete = (module) => {
      module.state = "evaluated";
      module.pending = null;
      const exports = module.commonJs?.exports;
      // An importer in a cycle has seen only the first exports of a CommonJS module.
      if (module.namespace && module.format !== "es")
        fillNamespace(module.namespace, exports, false);
      if (module.nodeNamespace)
        optimizeLookups(fillNamespace(module.nodeNamespace, exports, true));
      if (module.namespace) optimizeLookups(module.namespace);
      if (module.format !== "es" && module.id.endsWith(REACT_JSX_RUNTIME_FILE))
        learnElementShape(exports);
    };

    /** @type {(importer: Module) => (specifier: unknown) => Promise<Namespace>} */
    const dynamicImport = (importer) => async (specifier) => {
      const id = host.resolveModule(String(specifier), importer.id, "import");
      importer.used.add(id);
      const module = link(id);
      const pending = evaluate(module);
      if (pending) await pending;
      return namespaceFor(module, importer);
    };

    /** @param {Module} module */
    const runEsModule = (module) => {
      const exports = (module.namespace = createNamespace());
      const elements = { jsx: undefined, jsxs: undefined };
      /** @param {string} specifier */
      const importModule = (specifier) => {
        const imported = linkedModule(module.imports[specifier]);
        const pending = evaluate(imported);
        if (pending && imported.state !== "evaluated" && !module.awaits) {
          throw new Error(
            `the module ${imported.file} has a top-level await and is part of a cycle with ${module.file}`,
          );
        }
        const namespace = namespaceFor(imported, module);
        if (specifier === JSX_RUNTIME)
          fillElements(elements, namespace, imported.format);
        return namespace;
      };
      /** @param {Namespace} source */
      const exportAll = (source) => {
        for (const key of Object.keys(source)) {
          if (key === "default" || key in exports) continue;
          Object.defineProperty(exports, key, {
            configurable: true,
            enumerable: true,
            get: () => source[key],
          });
        }
      };
      const meta = {
        url: module.url,
        filename: module.file,
        dirname: module.directory,
        env: module.env,
      };
      const run = host.compileModule(module.id);
      return run(
        exports,
        importModule,
        dynamicImport(module),
        exportAll,
        meta,
        elements,
      );
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
      const marked = () =>
        Object.defineProperties(createNamespace(), {
          ...Object.getOwnPropertyDescriptors(namespace),
          __esModule: { value: true },
        });
      return module.state === "evaluated"
        ? (module.required ??= optimizeLookups(marked()))
        : marked();
    };

    /** @param {Module} importer */
    const createRequire = (importer) => {
      /** @param {unknown} specifier */
      const require = (specifier) => {
        if (
          importer.format === "react" &&
          String(specifier) in reactPlatform.modules
        ) {
          return reactPlatform.modules[String(specifier)];
        }
        const id = host.resolveModule(
          String(specifier),
          importer.id,
          "require",
        );
        importer.used.add(id);
        const module = link(id);
        const pending = evaluate(module);
        if (pending && module.state !== "evaluated") {
          throw new Error(
            `the module ${module.file} has a top-level await, so ${importer.file} must import it instead of requiring it`,
          );
        }
        return module.format === "es"
          ? requirable(module)
          : module.commonJs?.exports;
      };
      /** @param {unknown} specifier */
      require.resolve = (specifier) =>
        host.resolveModule(String(specifier), importer.id, "require");
      require.cache = Object.create(null);
      return require;
    };

    /** @param {Module} module */
    const runCommonJs = (module) => {
      /** @type {CommonJsModule} */
      const commonJs = (module.commonJs = {
        exports: {},
        id: module.file,
        filename: module.file,
        loaded: false,
        children: [],
        paths: [],
      });
      const require = createRequire(module);
      commonJs.require = require;
      const nodeModule = nodeModules[module.id];
      if (nodeModule) {
        commonJs.exports = nodeModule();
        commonJs.loaded = true;
        return;
      }
      try {
        host
          .compileModule(module.id)
          .call(
            commonJs.exports,
            commonJs.exports,
            require,
            commonJs,
            module.file,
            module.directory,
            dynamicImport(module),
            ...(module.format === "react" ? reactPlatform.parameters : []),
          );
      } catch (error) {
        const replacement = browserReplacement(module.id, error);
        if (replacement === undefined) throw error;
        commonJs.exports = require(replacement);
      }
      commonJs.loaded = true;
    };

    /**
     * Resets a module that failed, so that the next import evaluates it again.
     * @type {(module: Module, error: unknown) => never}
     */
    const fail = (module, error) => {
      module.state = "linked";
      module.namespace =
        module.nodeNamespace =
        module.commonJs =
        module.required =
        module.pending =
          null;
      throw error;
    };

    let depth = 0;
    /** @param {Module} module */
    const run = (module) => {
      module.state = "evaluating";
      if (depth++ === 0) globalMutationCheck.beforeModules();
      try {
        return module.format === "es"
          ? runEsModule(module)
          : runCommonJs(module);
      } catch (error) {
        return fail(module, error);
      } finally {
        if (--depth === 0) globalMutationCheck.afterModules();
      }
    };

    /**
     * Evaluates a module with its imports. Returns a promise if one of them has a top-level await.
     * @type {(module: Module) => Promise<void> | null}
     */
    const evaluate = (module) => {
      if (module.state !== "linked") return module.pending;
      if (!module.awaits) {
        run(module);
        complete(module);
        return null;
      }
      module.state = "waiting";
      const evaluateAsync = async () => {
        for (const specifier of Object.keys(module.imports)) {
          const imported = linkedModule(module.imports[specifier]);
          if (imported.awaits && imported.state !== "waiting")
            await evaluate(imported);
          else if (imported.awaits && !imported.entering)
            await imported.pending;
        }
        await run(module);
        complete(module);
      };
      module.entering = true;
      module.pending = evaluateAsync().catch((error) => fail(module, error));
      module.entering = false;
      return module.pending;
    };

    return {
      load(id) {
        const module = link(id);
        const pending = evaluate(module);
        return pending
          ? pending.then(() => namespaceFor(module))
          : namespaceFor(module);
      },
      require(id) {
        const module = link(id);
        evaluate(module);
        return module.format === "es"
          ? module.namespace
          : module.commonJs?.exports;
      },
      invalidate(ids) {
        const invalid = new Set(ids);
        for (let grew = true; grew;) {
          grew = false;
          for (const module of modules.values()) {
            if (
              !invalid.has(module.id) &&
              [...module.used].some((id) => invalid.has(id))
            ) {
              invalid.add(module.id);
              grew = true;
            }
          }
        }
        for (const id of invalid) modules.delete(id);
      },
    };
  }
);
