// @ts-check
// Renders with React's server.
/** @satisfies {Scripts["reactServer"]} */ (
  ({
    host,
    reactPlatform,
    requireModule,
    describe,
    pageOutcome,
    hasPendingCalls,
    AbortController,
  }) => {
    // Markup is passed to the host in pieces of this length, so that the garbage collector frees it early.
    const MAX_BUFFERED_LENGTH = 1 << 15;

    /**
     * Returns `renderToPipeableStream`. Before React 19.3, the build has only `renderToReadableStream`,
     * which returns a promise of the stream.
     * @param {any} build
     * @returns {ReactServer["render"]}
     */
    const renderFunction = (build) =>
      build.renderToPipeableStream ??
      /** @type {(element: unknown, options: any) => ReactRender} */ (
        (element, options) => {
          const controller = new AbortController();
          /** @type {any} */
          let stream;
          build
            .renderToReadableStream(element, {
              ...options,
              signal: controller.signal,
            })
            .then((/** @type {any} */ created) => {
              stream = created;
              options.onShellReady?.();
              return stream.allReady.then(() => options.onAllReady?.());
            }, options.onShellError)
            .catch(options.onShellError);
          return {
            pipe: (destination) => stream.source.pull(destination),
            abort: (reason) => controller.abort(reason),
          };
        }
      );

    /** @type {Map<string, ReactServer>} */
    const servers = new Map();

    // React opens each of its `<style>` elements with a separate chunk. It writes no nonce, or omits the rules
    // of components without one, and components do not know the nonce. HTML written by a component is also a
    // separate chunk and may begin in the same way, so the chunk must match exactly.
    /** @param {string} chunk */
    const opensStyleElement = (chunk) =>
      chunk === "<style" ||
      // Hoisted styles before React 19.2.
      chunk === '<style data-precedence="' ||
      chunk === '<style media="not all" data-precedence="';
    /** @param {string} nonce */
    const styleElementWith = (nonce) => {
      const value = nonce.replace(
        /["&<>]/g,
        (character) => `&#${character.charCodeAt(0)};`,
      );
      return `<style nonce="${value}"`;
    };

    /** @type {Render | null} */
    let current = null;

    /** @typedef {{ componentStack?: string }} ErrorInfo */

    // A render, and the destination to which React writes it.
    class Render {
      #streaming;
      /** @type {string | null} */
      #styleElement;
      /** @type {ReactRender | null} */
      #react = null;
      #markup = "";
      /** @type {{ error: unknown, info: ErrorInfo | undefined } | null} */
      #error = null;
      #piped = false;
      // Set once a component has answered the page without markup.
      #answered = false;
      #emitted = false;
      #shellSent = false;
      #ended = false;
      /**
       * @param {boolean} streaming
       * @param {string | undefined} nonce
       */
      constructor(streaming, nonce) {
        this.#streaming = streaming;
        this.#styleElement =
          nonce === undefined ? null : styleElementWith(nonce);
      }

      /**
       * Returns the markup if all of it is available immediately.
       * @param {ReactServer} server
       * @param {unknown} element
       * @param {string | undefined} nonce
       */
      start(server, element, nonce) {
        const options = {
          nonce,
          /** @type {(error: unknown, info?: ErrorInfo) => string | undefined} */
          onError: (error, info) => this.#onError(error, info),
          /** @param {unknown} error */
          onShellError: (error) => this.destroy(error),
          onShellReady: this.#streaming
            ? () => this.#onShellReady()
            : undefined,
          onAllReady: () => this.pipe(),
          // Completed content stays in place, however long it is, so that it is visible without a script.
          progressiveChunkSize: Infinity,
        };
        reactPlatform.runStart(this.#streaming, () => {
          this.#react = server.render(element, options);
        });
        if (this.#answered) {
          current = null;
          return undefined;
        }
        if (!this.#ended) {
          reactPlatform.scheduleDeferredTasks();
          return undefined;
        }
        // Releases the render, so that its memory can be freed immediately.
        current = null;
        if (this.#streaming) return undefined;
        const markup = this.#markup.toWellFormed();
        if (!this.#emitted) return markup;
        host.emitMarkup(markup);
        host.finishRender();
        return undefined;
      }
      // The shell waits for results of server functions that may arrive soon.
      #onShellReady() {
        if (hasPendingCalls()) host.holdShell();
        else this.pipe();
      }
      pipe() {
        if (current !== this || this.#piped || this.#answered) return;
        this.#piped = true;
        this.#react?.pipe(this);
        this.#shellSent = true;
        if (this.#ended) this.#finish();
      }
      #finish() {
        this.#reportError();
        if (!this.#streaming) {
          if (reactPlatform.isStarting()) return;
          host.emitMarkup(this.#markup.toWellFormed());
        }
        host.finishRender();
      }
      /**
       * Returns the digest of the error, by which the browser recognizes it.
       * @param {unknown} error
       * @param {ErrorInfo} [info]
       */
      #onError(error, info) {
        const digest = pageOutcome.digestOf(error);
        const outcome =
          digest ?? pageOutcome.digestOfCall(error, info?.componentStack ?? "");
        if (outcome !== undefined && !this.#piped) {
          this.#answered = true;
          host.failRender(
            JSON.stringify({ name: "PageOutcome", message: "", outcome }),
          );
        } else if (digest === undefined) {
          this.#reportError();
          this.#error = { error, info };
        }
        return digest;
      }
      #reportError() {
        if (this.#error)
          host.reportRecoveredError(
            describe(this.#error.error, this.#error.info?.componentStack),
          );
        this.#error = null;
      }
      /** @param {string} reason */
      abort(reason) {
        this.#react?.abort(new Error(reason));
      }

      // The methods that React calls.

      /** @param {string} chunk */
      write(chunk) {
        if (
          this.#styleElement !== null &&
          chunk.startsWith("<style") &&
          opensStyleElement(chunk)
        ) {
          chunk = this.#styleElement + chunk.slice("<style".length);
        }
        this.#markup += chunk;
        if (this.#markup.length > MAX_BUFFERED_LENGTH && current === this) {
          host.emitMarkup(this.#markup.toWellFormed());
          this.#markup = "";
          this.#emitted = true;
        }
        return true;
      }
      flush() {
        if (!this.#streaming || this.#markup === "" || current !== this) return;
        host.emitMarkup(this.#markup.toWellFormed());
        this.#markup = "";
      }
      end() {
        this.flush();
        this.#ended = true;
        if (this.#shellSent && current === this) this.#finish();
      }
      /** @param {unknown} error */
      destroy(error) {
        if (current !== this) return;
        const info =
          this.#error?.error === error ? this.#error?.info : undefined;
        if (info) this.#error = null;
        this.#reportError();
        host.failRender(describe(error, info?.componentStack));
      }
      on() {}
    }

    return {
      serverOf(files) {
        let server = servers.get(files);
        if (!server) {
          const { server: serverFile, jsx } = JSON.parse(files);
          server = {
            render: renderFunction(requireModule(serverFile)),
            jsx: requireModule(jsx).jsx,
          };
          servers.set(files, server);
        }
        return server;
      },
      start(server, element, streaming, nonce) {
        current = new Render(streaming, nonce);
        return current.start(server, element, nonce);
      },
      sendShell() {
        current?.pipe();
      },
      abort(reason) {
        current?.abort(reason);
      },
      detach() {
        current = null;
      },
    };
  }
);
