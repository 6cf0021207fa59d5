// @ts-check
// Loads modules, which the host compiles to functions, and connects ES modules with CommonJS.
/** @satisfies {Scripts["moduleRunner"]} */ (
  ({
    host,
    reactPlatform,
    globalMutationCheck,
    nodeModules,
    moduleNamespaces,
    moduleLinking,
    moduleEvaluation,
  }) => {
    /** @type {Map<string, Module>} */
    const modules = new Map();
    const namespaces = moduleNamespaces();
    const { link, completeNames } = moduleLinking({ host, namespaces });
    let env = JSON.parse(host.env());

    /**
     * Returns the module that a package substitutes for `id` in browsers, if `error` says that a module of
     * Node.js is missing, or in Node.js, if a global of browsers is missing.
     * @type {(id: string, error: any) => string | undefined}
     */
    const replacementFor = (id, error) => {
      if (error?.mizanModule >= 0)
        return host.browserReplacement(id, error.mizanModule);
      if (!(error instanceof ReferenceError) || replacements.has(id)) return;
      return host.nodeReplacement(id);
    };

    /**
     * The replacements of ES modules whose evaluation failed, and of which the importers were linked to the failed
     * module. `null` while the replacement is loaded.
     * @type {Map<string, string | null>}
     */
    const replacements = new Map();

    /**
     * Loads a module with its static imports. `loaded` receives the ids, and `order` the modules, imports first.
     * @type {(id: string, loaded: string[], order: Module[], importer?: string, specifier?: string) => Module}
     */
    const loadGraph = (id, loaded, order, importer, specifier) => {
      const known = modules.get(id);
      if (known) return known;
      const replacement = replacements.get(id);
      if (replacement) {
        replacements.set(id, null);
        try {
          return loadReplacement(id, replacement, loaded, order);
        } finally {
          replacements.set(id, replacement);
        }
      }
      const before = [loaded.length, order.length];
      try {
        return loadWithImports(id, loaded, order, importer, specifier);
      } catch (error) {
        for (const other of loaded.splice(before[0])) modules.delete(other);
        order.length = before[1];
        const replacement = replacementFor(id, error);
        if (replacement === undefined) throw error;
        return loadReplacement(id, replacement, loaded, order);
      }
    };
    /** @type {(id: string, replacement: string, loaded: string[], order: Module[]) => Module} */
    const loadReplacement = (id, replacement, loaded, order) => {
      const module = loadGraph(replacement, loaded, order);
      modules.set(id, module);
      loaded.push(id);
      return module;
    };
    /** @type {(id: string, loaded: string[], order: Module[], importer?: string, specifier?: string) => Module} */
    const loadWithImports = (id, loaded, order, importer, specifier) => {
      /** @type {ModuleDescription} */
      const description = JSON.parse(host.loadModule(id, importer, specifier));
      /** @type {Module} */
      const module = {
        ...description,
        id,
        state: "linked",
        requests: [],
        used: new Set(),
        exported: new Map(),
        resolved: new Map(),
        getters: [],
        code: null,
        elements: { jsx: undefined, jsxs: undefined },
        namespace: null,
        nodeNamespace: null,
        commonJs: null,
        namespaceInUse: false,
        required: null,
        stack: null,
        rootPosition: 0,
        cycleRoot: null,
        failure: null,
        asyncOrder: null,
        pendingImports: 0,
        asyncParents: [],
        completion: null,
      };
      modules.set(id, module);
      loaded.push(id);
      for (const [specifier, importedId] of description.imports) {
        const imported = loadGraph(importedId, loaded, order, id, specifier);
        module.requests.push(imported);
        module.used.add(imported.id);
      }
      order.push(module);
      return module;
    };

    /** @type {(id: string, importer?: string, specifier?: string) => Module} */
    const linkedModule = (id, importer, specifier) => {
      const known = modules.get(id);
      if (known) return known;
      /** @type {string[]} */
      const loaded = [];
      /** @type {Module[]} */
      const order = [];
      const module = loadGraph(id, loaded, order, importer, specifier);
      try {
        link(order, startEsModule);
      } catch (error) {
        for (const other of loaded) modules.delete(other);
        throw error;
      }
      return module;
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
    /** @type {(elements: object, namespace: Namespace) => void} */
    const fillElements = (elements, namespace) => {
      for (const name of ["jsx", "jsxs"]) {
        const direct = directFunctions.get(namespace[name]);
        const property = direct
          ? { writable: true, enumerable: true, value: direct }
          : { get: () => namespace[name] };
        Object.defineProperty(elements, name, {
          configurable: true,
          ...property,
        });
      }
    };

    /** @param {any} options */
    const checkImportOptions = (options) => {
      if (options === undefined) return;
      if (Object(options) !== options)
        throw new TypeError(
          "the second argument of import() must be an object",
        );
      const attributes = options.with;
      if (attributes === undefined) return;
      if (Object(attributes) !== attributes)
        throw new TypeError("the import attributes must be an object");
      for (const [name, value] of Object.entries(attributes)) {
        if (typeof value !== "string")
          throw new TypeError(
            `the import attribute "${name}" must be a string`,
          );
        if (name !== "type")
          throw new TypeError(
            `the import attribute "${name}" is not supported`,
          );
      }
    };

    /** @type {(importer: Module) => (specifier: unknown, options: unknown) => Promise<Namespace>} */
    const dynamicImport = (importer) => async (specifier, options) => {
      const text = `${specifier}`;
      checkImportOptions(options);
      const id = host.resolveModule(text, importer.id, "import");
      importer.used.add(id);
      const module = linkedModule(id, importer.id, text);
      // The importer's own code continues first, as with modules that are fetched.
      await undefined;
      const completion = evaluate(module);
      if (completion) await completion;
      return namespaces.currentNamespace(module, importer.strictInterop);
    };

    /** @type {(module: Module) => AnyFunction} */
    const compile = (module) => {
      try {
        return host.compileModule(module.id);
      } catch (/** @type {any} */ error) {
        if (error instanceof SyntaxError)
          error.message = `${module.file}: ${error.message}`;
        throw error;
      }
    };

    /**
     * Runs the first part of an ES module's function; see `src/modules/transform/es_module.rs`.
     * @param {Module} module
     */
    const startEsModule = (module) => {
      /** @param {Module["getters"]} getters */
      const registerExports = (getters) => {
        module.getters = getters;
        return new Promise((resolve) => {
          module.startAsync = () => resolve(undefined);
        });
      };
      /** @param {number} request */
      const importNamespace = (request) =>
        namespaces.namespaceOf(module.requests[request], module.strictInterop);
      /** @param {AnyFunction} value */
      const nameDefault = (value) => {
        Object.defineProperty(value, "name", {
          configurable: true,
          value: "default",
        });
      };
      const meta = Object.assign(Object.create(null), {
        url: module.url,
        filename: module.file,
        dirname: module.directory,
        env,
      });
      const code = compile(module)(
        registerExports,
        importNamespace,
        dynamicImport(module),
        meta,
        module.elements,
        nameDefault,
      );
      module.code = code;
      if (!(code instanceof Promise)) code.next();
    };

    /** @param {Module} module */
    const beforeBody = (module) => {
      module.requests.forEach((imported, request) => {
        // As late as possible: a module may change the exports of another. An importer in a cycle sees the
        // exports that a CommonJS module has so far.
        if (imported.format !== "es") namespaces.updateCommonJs(imported);
        if (module.imports[request][0] === JSX_RUNTIME) {
          const { strictInterop } = module;
          const namespace = namespaces.namespaceOf(imported, strictInterop);
          fillElements(module.elements, namespace);
        }
      });
      completeNames(module);
    };

    /**
     * Evaluates the module `id` and returns its exports for `require` in `importer`.
     *
     * @type {(id: string, importer: Module) => unknown}
     */
    const requireModule = (id, importer) => {
      importer.used.add(id);
      const module = linkedModule(id);
      if (evaluate(module)) {
        throw new Error(
          `the module ${module.file} has a top-level await, so ${importer.file} must import it instead of requiring it`,
        );
      }
      return module.format === "es"
        ? namespaces.requirable(module)
        : module.commonJs?.exports;
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
        return requireModule(id, importer);
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
      module.state = "evaluating";
      try {
        const nodeModule = nodeModules[module.id];
        if (nodeModule) commonJs.exports = nodeModule();
        else
          compile(module).call(
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
        // The next import evaluates the module again.
        module.state = "linked";
        const replacement = replacementFor(module.id, error);
        if (replacement === undefined) throw error;
        commonJs.exports = requireModule(replacement, module);
      }
      commonJs.loaded = true;
      module.state = "evaluated";
      if (module.namespaceInUse) namespaces.updateCommonJs(module);
      if (module.id.endsWith(REACT_JSX_RUNTIME_FILE))
        learnElementShape(commonJs.exports);
    };

    let depth = 0;
    /** @type {<T>(run: () => T) => T} */
    const runGuarded = (run) => {
      if (depth++ === 0) globalMutationCheck.beforeModules();
      try {
        return run();
      } finally {
        if (--depth === 0) globalMutationCheck.afterModules();
      }
    };

    const { evaluate, unfinished } = moduleEvaluation({
      beforeBody,
      runCommonJs,
      runGuarded,
    });

    /** @param {Iterable<string>} ids */
    const invalidate = (ids) => {
      env = JSON.parse(host.env());
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
      for (const [id, module] of modules)
        if (invalid.has(id) || invalid.has(module.id)) modules.delete(id);
    };

    // An earlier render may have ended before a module was complete. Others failed, perhaps for the moment.
    const forgetUnfinished = () => {
      if (unfinished.size === 0) return;
      const forgotten = new Set(unfinished);
      unfinished.clear();
      for (let before = 0; before < forgotten.size;) {
        before = forgotten.size;
        for (const module of modules.values()) {
          const isStale = module.requests.some((other) => forgotten.has(other));
          if (isStale && module.state === "linked") forgotten.add(module);
        }
      }
      for (const [id, module] of modules)
        if (forgotten.has(module)) modules.delete(id);
    };

    /**
     * Replaces the module of a package in whose evaluation `error` was thrown, if the package has another for Node.js.
     * Returns whether the modules have to be loaded again.
     * @param {unknown} error
     */
    const replaceFailed = (error) => {
      // The module that threw is last.
      for (const module of [...unfinished].reverse()) {
        if (module.failure?.error !== error) continue;
        const replacement = replacementFor(module.id, error);
        if (replacement === undefined) continue;
        replacements.set(module.id, replacement);
        return true;
      }
      return false;
    };

    /** @type {(id: string) => Namespace | Promise<Namespace>} */
    const load = (id) => {
      forgetUnfinished();
      /** @type {(error: unknown) => Namespace | Promise<Namespace>} */
      const loadAgain = (error) => {
        if (!replaceFailed(error)) throw error;
        return load(id);
      };
      const module = linkedModule(id);
      const namespace = () => namespaces.currentNamespace(module, false);
      let completion;
      try {
        completion = evaluate(module);
      } catch (error) {
        return loadAgain(error);
      }
      return completion ? completion.then(namespace, loadAgain) : namespace();
    };

    return {
      load,
      require(id) {
        const module = linkedModule(id);
        evaluate(module);
        return module.format === "es"
          ? module.namespace
          : module.commonJs?.exports;
      },
      invalidate,
    };
  }
);
