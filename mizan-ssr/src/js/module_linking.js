// @ts-check
// Links ES modules: resolves their imports and exports as ECMAScript specifies (16.2.1.7, source text modules).
/** @satisfies {Scripts["moduleLinking"]} */ (
  ({ host, namespaces }) => {
    /**
     * Returns the binding that a module imports by `name` from `module`.
     * @type {(module: Module, name: string, importer: Module, visited?: Set<string>) => Resolution}
     */
    const resolveImport = (module, name, importer, visited) =>
      module.format === "es"
        ? resolveExport(module, name, visited)
        : { module, key: name, strictInterop: importer.strictInterop };

    /** @type {(a: Binding, b: Binding) => boolean} */
    const isSame = (a, b) => a.module === b.module && a.key === b.key;

    /** @type {(module: Module, name: string, visited?: Set<string>) => Resolution} */
    const resolveExport = (module, name, visited) => {
      const known = module.resolved.get(name);
      if (known !== undefined) return known;
      if (visited) return findExport(module, name, visited);
      const resolution = findExport(module, name, new Set());
      // Only complete results: within a cycle, the result depends on where the search began.
      module.resolved.set(name, resolution);
      return resolution;
    };
    /** @type {(module: Module, name: string, visited: Set<string>) => Resolution} */
    const findExport = (module, name, visited) => {
      const search = `${module.id}\0${name}`;
      if (visited.has(search)) return null;
      visited.add(search);
      const entry = module.exported.get(name);
      if (typeof entry === "number") return { module, key: entry };
      if (entry) {
        const [, request, imported] = entry;
        const target = module.requests[request];
        if (imported !== null)
          return resolveImport(target, imported, module, visited);
        const { strictInterop } = module;
        return { module: target, key: null, strictInterop };
      }
      if (name === "default") return null;
      /** @type {Resolution} */
      let found = null;
      for (const request of module.record.star) {
        const target = module.requests[request];
        if (target.format !== "es") continue;
        const resolution = resolveExport(target, name, visited);
        if (resolution === "ambiguous") return resolution;
        // The name may be one of a CommonJS module, whose names are known after its evaluation.
        if (!resolution || resolution.isUnknown) continue;
        if (found && !isSame(found, resolution)) return "ambiguous";
        found = resolution;
      }
      return found || !hasUnknownNames(module)
        ? found
        : { module, key: name, isUnknown: true };
    };

    /** @type {(module: Module, visited?: Set<Module>) => boolean} */
    const hasUnknownNames = (module, visited = new Set()) => {
      if (visited.has(module)) return false;
      visited.add(module);
      return module.record.star.some((request) => {
        const target = module.requests[request];
        return target.format !== "es" || hasUnknownNames(target, visited);
      });
    };

    /** @type {(module: Module, names?: Set<string>, visited?: Set<Module>) => Set<string>} */
    const exportedNames = (module, names = new Set(), visited = new Set()) => {
      if (visited.has(module)) return names;
      for (const name of module.exported.keys())
        if (visited.size === 0 || name !== "default") names.add(name);
      visited.add(module);
      for (const request of module.record.star) {
        const target = module.requests[request];
        if (target.format === "es") exportedNames(target, names, visited);
      }
      return names;
    };

    /** @type {(binding: Binding) => () => unknown} */
    const getterOf = ({ module, key, strictInterop = false }) => {
      if (typeof key === "number") return module.getters[key];
      const namespace = namespaces.namespaceOf(module, strictInterop);
      return key === null ? () => namespace : () => namespace[key];
    };

    /** @type {(module: Module) => Map<string, PropertyDescriptor>} */
    const properties = (module) => {
      const properties = new Map();
      for (const name of exportedNames(module)) {
        const resolution = resolveExport(module, name);
        if (resolution && resolution !== "ambiguous")
          properties.set(name, { get: getterOf(resolution) });
      }
      return properties;
    };

    /** @type {(importer: Module, request: number, name: string, resolution: Resolution) => void} */
    const requireResolution = (importer, request, name, resolution) => {
      if (resolution && resolution !== "ambiguous") return;
      const module = importer.requests[request];
      const [specifier] = importer.imports[request];
      const names = JSON.stringify([...exportedNames(module)].sort());
      host.throwMissingExport(
        importer.id,
        specifier,
        name,
        names,
        resolution === "ambiguous",
      );
    };
    /** @param {Module} module */
    const checkNames = (module) => {
      for (const [request, name] of module.record.imported) {
        const target = module.requests[request];
        if (target.format === "es")
          requireResolution(module, request, name, resolveExport(target, name));
      }
      for (const [exported, request, name] of module.record.indirect) {
        if (name !== null)
          requireResolution(
            module,
            request,
            name,
            resolveExport(module, exported),
          );
      }
    };

    return {
      link(modules, start) {
        const linked = modules.filter((module) => module.format === "es");
        for (const module of linked) {
          module.namespace = namespaces.create();
          module.record.local.forEach((name, index) =>
            module.exported.set(name, index),
          );
          for (const entry of module.record.indirect)
            module.exported.set(entry[0], entry);
        }
        linked.forEach(checkNames);
        linked.forEach(start);
        for (const module of linked) {
          const isFinal = !hasUnknownNames(module);
          namespaces.define(
            /** @type {Namespace} */ (module.namespace),
            properties(module),
            isFinal,
          );
        }
      },
      completeNames(module) {
        const namespace = /** @type {Namespace} */ (module.namespace);
        if (Object.isFrozen(namespace)) return;
        const all = properties(module);
        for (const request of module.record.star) {
          const source = namespaces.currentNamespace(
            module.requests[request],
            module.strictInterop,
          );
          for (const name of Object.keys(source))
            if (name !== "default" && !all.has(name))
              all.set(name, { get: () => source[name] });
        }
        namespaces.define(namespace, all, true);
      },
    };
  }
);
