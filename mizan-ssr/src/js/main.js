// @ts-check
// Defines the globals of a new realm and returns the functions that Rust calls.
/** @satisfies {Main} */ (
  (host, scripts) => {
    const { defineGlobals } = scripts.globals({ host });
    const { resetLogLimit } = scripts.console({ host });
    const asyncContext = scripts.asyncContext({ host });
    const { setTimeout, fireTimer, clearTimers } = scripts.timers({
      host,
      defineGlobals,
      asyncContext,
    });
    const events = scripts.events({ host, defineGlobals, setTimeout });
    const { DOMException, AbortController } = events;
    const { TextEncoder } = scripts.textEncoding({
      host,
      defineGlobals,
      DOMException,
    });
    scripts.url({ host, defineGlobals });
    scripts.structuredClone({ defineGlobals, events, setTimeout });
    const platform = scripts.platform({
      host,
      defineGlobals,
      events,
      asyncContext,
      onLoaded: (name, value) => globalMutationCheck.globalLoaded(name, value),
      onReplaced: () => globalMutationCheck.globalReplaced(),
    });
    const { subtle, nodeModules, completeFetch } = platform;
    scripts.crypto({ host, defineGlobals, DOMException, subtle });
    const { completeCall, hasPendingCalls, clearCalls } =
      scripts.serverFunctions({ host });

    // After all globals are defined, and before modules can change them.
    const globalMutationCheck = scripts.globalMutationCheck();
    const reactPlatform = scripts.reactPlatform({ setTimeout, TextEncoder });
    const modules = scripts.moduleRunner({
      host,
      reactPlatform,
      globalMutationCheck,
      nodeModules,
      moduleNamespaces: scripts.moduleNamespaces,
      moduleLinking: scripts.moduleLinking,
      moduleEvaluation: scripts.moduleEvaluation,
    });
    const { describe, describeSafely } = scripts.describeError();
    const pageOutcome = scripts.pageOutcome();
    const renders = scripts.reactServer({
      host,
      reactPlatform,
      requireModule: modules.require,
      describe,
      pageOutcome,
      hasPendingCalls,
      AbortController,
    });
    const { registerComponent, render } = scripts.render({
      host,
      loadModule: modules.load,
      renders,
      describe,
    });
    globalMutationCheck.recordBaseline();

    return {
      registerComponent,
      render,
      sendShell: renders.sendShell,
      completeCall,
      completeFetch,
      fireTimer,
      abort: renders.abort,
      endRender(thorough) {
        renders.detach();
        clearTimers();
        clearCalls();
        platform.clear();
        asyncContext.reset();
        resetLogLimit();
        return globalMutationCheck.changedGlobal(thorough);
      },
      invalidateModules: (ids) => modules.invalidate(JSON.parse(ids)),
      describeError: describeSafely,
    };
  }
);
