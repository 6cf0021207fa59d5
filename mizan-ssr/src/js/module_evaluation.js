// @ts-check
// Evaluates linked modules in the order of ECMAScript (16.2.1.6, cyclic modules): cycles and top-level await.
/** @satisfies {Scripts["moduleEvaluation"]} */ (
  ({ beforeBody, runCommonJs, runGuarded }) => {
    const promiseThen = Promise.prototype.then;
    let evaluations = 0;
    /** @type {Set<Module>} The modules that failed, or whose top-level await has not completed. */
    const unfinished = new Set();

    /** @type {(module: Module, error: unknown) => void} */
    const setFailed = (module, error) => {
      module.state = "evaluated";
      module.failure = { error };
      unfinished.add(module);
    };

    /** @param {Module} module */
    const execute = (module) => {
      beforeBody(module);
      /** @type {Generator} */ (module.code).next();
    };

    /** @param {Module} module */
    const executeAsync = (module) => {
      unfinished.add(module);
      const completion = new Promise((resolve, reject) => {
        const { code } = module;
        beforeBody(module);
        if (code instanceof Promise) {
          module.startAsync?.();
          resolve(code);
          return;
        }
        const generator = /** @type {Generator} */ (code);
        /** @param {() => IteratorResult<unknown>} resume */
        const advance = (resume) => {
          try {
            const { done, value } = runGuarded(resume);
            if (done) resolve(undefined);
            else
              promiseThen.call(
                Promise.resolve(value),
                (result) => advance(() => generator.next(result)),
                (error) => advance(() => generator.throw(error)),
              );
          } catch (error) {
            reject(error);
          }
        };
        advance(() => generator.next());
      });
      promiseThen.call(
        completion,
        () => completeAsync(module),
        (error) => failAsync(module, error),
      );
    };

    /** @param {Module} module */
    const setEvaluated = (module) => {
      module.asyncOrder = null;
      module.state = "evaluated";
      unfinished.delete(module);
      module.completion?.resolve();
    };

    /** @param {Module} module */
    const completeAsync = (module) => {
      if (module.state === "evaluated") return;
      setEvaluated(module);
      /** @type {Module[]} */
      const available = [];
      gatherAvailableParents(module, available);
      available.sort((a, b) => Number(a.asyncOrder) - Number(b.asyncOrder));
      for (const parent of available) {
        if (parent.state === "evaluated") continue;
        if (parent.awaits) {
          executeAsync(parent);
          continue;
        }
        try {
          runGuarded(() => execute(parent));
        } catch (error) {
          failAsync(parent, error);
          continue;
        }
        setEvaluated(parent);
      }
    };

    /** @type {(module: Module, available: Module[]) => void} */
    const gatherAvailableParents = (module, available) => {
      for (const parent of module.asyncParents) {
        if (available.includes(parent) || parent.cycleRoot?.failure) continue;
        if (--parent.pendingImports > 0) continue;
        available.push(parent);
        if (!parent.awaits) gatherAvailableParents(parent, available);
      }
    };

    /** @type {(module: Module, error: unknown) => void} */
    const failAsync = (module, error) => {
      if (module.state === "evaluated") return;
      setFailed(module, error);
      module.asyncOrder = null;
      module.completion?.reject(error);
      for (const parent of module.asyncParents) failAsync(parent, error);
    };

    /**
     * Evaluates a module after its imports, depth first.
     * @type {(module: Module, stack: Module[], index: number) => number}
     */
    const visit = (module, stack, index) => {
      if (module.format !== "es") {
        if (module.state === "linked") runCommonJs(module);
        return index;
      }
      if (module.state !== "linked") {
        if (module.failure) throw module.failure.error;
        return index;
      }
      module.state = "evaluating";
      module.stack = stack;
      const position = index++;
      let rootPosition = position;
      module.rootPosition = position;
      stack.push(module);
      for (const request of module.requests) {
        index = visit(request, stack, index);
        if (request.format !== "es") continue;
        let imported = request;
        if (imported.state === "evaluating") {
          // A module on another stack has required a CommonJS module that led here.
          if (imported.stack !== stack) continue;
          rootPosition = Math.min(rootPosition, imported.rootPosition);
          module.rootPosition = rootPosition;
        } else {
          imported = imported.cycleRoot ?? imported;
          if (imported.failure) throw imported.failure.error;
        }
        if (imported.asyncOrder !== null) {
          module.pendingImports++;
          imported.asyncParents.push(module);
        }
      }
      if (module.pendingImports > 0 || module.awaits) {
        module.asyncOrder = evaluations++;
        unfinished.add(module);
        if (module.pendingImports === 0) executeAsync(module);
      } else {
        execute(module);
      }
      if (rootPosition === position) {
        /** @type {Module | undefined} */
        let member;
        do {
          member = /** @type {Module} */ (stack.pop());
          member.state =
            member.asyncOrder === null ? "evaluated" : "evaluating-async";
          member.cycleRoot = module;
          member.stack = null;
        } while (member !== module);
      }
      return index;
    };

    /** @type {(module: Module) => Promise<void> | null} */
    const completionOf = (module) => {
      if (module.failure) throw module.failure.error;
      if (module.state !== "evaluating-async") return null;
      if (!module.completion) {
        /** @type {Completion["resolve"]} */
        let resolve = () => {};
        /** @type {Completion["reject"]} */
        let reject = () => {};
        const promise = new Promise((fulfill, refuse) => {
          resolve = () => fulfill(undefined);
          reject = refuse;
        });
        module.completion = { promise, resolve, reject };
      }
      return module.completion.promise;
    };

    return {
      evaluate(module) {
        if (module.state !== "linked")
          return completionOf(module.cycleRoot ?? module);
        /** @type {Module[]} */
        const stack = [];
        try {
          runGuarded(() => visit(module, stack, 0));
        } catch (error) {
          for (const member of stack) setFailed(member, error);
          throw error;
        }
        return completionOf(module.cycleRoot ?? module);
      },
      unfinished,
    };
  }
);
