// @ts-check
// The entry points that render a component to markup.
/** @satisfies {Scripts["render"]} */ (
  ({ host, loadModule, renders, describe }) => {
    const NO_DEFAULT_EXPORT = -1; // `src/engine/exception.rs` has the same value.

    /**
     * @param {Namespace | Promise<Namespace>} loaded
     * @returns {loaded is Promise<Namespace>}
     */
    const isPromise = (loaded) =>
      /** @type {Namespace} */ (loaded)[Symbol.toStringTag] !== "Module";
    /** @type {(namespace: Namespace, id: string) => unknown} */
    const componentOf = (namespace, id) => {
      const component = namespace.default;
      const type = typeof component;
      if (
        type === "function" ||
        (type === "object" && component !== null && component.$$typeof)
      )
        return component;
      const message =
        type === "undefined"
          ? `${id} has no default export; export the component with \`export default\``
          : `the default export of ${id} is ${component === null ? "null" : `a ${type}`}, not a component`;
      throw Object.assign(new Error(message), {
        mizanModule: NO_DEFAULT_EXPORT,
      });
    };

    // Components have numbers, so that Rust does not pass a path for each render.
    /** @type {{ id: string, reactFiles: string }[]} */
    const components = [];
    return {
      registerComponent: (id, reactFiles) =>
        components.push({ id, reactFiles }) - 1,
      render(number, props, streaming, nonce) {
        const { id, reactFiles } = components[number];
        /** @param {Namespace} namespace */
        const start = (namespace) => {
          const server = renders.serverOf(reactFiles);
          // React renders the root element too. As the outermost element, a boundary could contain the
          // document's head, so React would hold back the shell until all boundaries there are complete.
          const parsedProps = JSON.parse(props);
          const page = server.jsx(componentOf(namespace, id), parsedProps);
          const { layout } = namespace;
          // In the browser, the layout persists while the user navigates between pages.
          const component =
            layout === undefined
              ? page
              : server.jsx(layout, { ...parsedProps, children: page });
          const root = server.jsx("div", {
            id: "mizan-root",
            children: component,
          });
          return renders.start(server, root, streaming, nonce);
        };
        const loaded = loadModule(id);
        if (!isPromise(loaded)) return start(loaded);
        loaded
          .then((namespace) => {
            const markup = start(namespace);
            if (markup !== undefined) {
              host.emitMarkup(markup);
              host.finishRender();
            }
          })
          .catch((error) => host.failRender(describe(error)));
        return undefined;
      },
    };
  }
);
