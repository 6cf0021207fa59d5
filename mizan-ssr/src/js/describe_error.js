// @ts-check
// The conversion of errors to JSON for the host.
/** @satisfies {Scripts["describeError"]} */ (
  () => {
    /** @type {(error: any, name: string) => string | undefined} */
    const stringProperty = (error, name) => {
      try {
        const value = error[name];
        return value === undefined || value === null
          ? undefined
          : String(value).toWellFormed();
      } catch {
        return undefined;
      }
    };
    /**
     * Returns whether an error is a call of the generated client that the server rejected, as it rejects calls
     * without permission. A client that is older than the server is a fault of the deployment.
     * @param {any} error
     */
    const isRejectedCall = ({ name, status, outdated }) =>
      name === "CallError" && status >= 400 && status < 500 && !outdated;
    /** @type {ErrorDescriber["describe"]} */
    const describe = (error, componentStack) => {
      if (typeof error !== "object" || error === null) {
        const value = String(error).toWellFormed();
        return JSON.stringify({
          name: "Error",
          message: `a value that is not an error was thrown: ${value}`,
        });
      }
      return JSON.stringify({
        name: stringProperty(error, "name") ?? "Error",
        message: stringProperty(error, "message") ?? "",
        stack: stringProperty(error, "stack"),
        module:
          "mizanModule" in error && typeof error.mizanModule === "number"
            ? error.mizanModule
            : undefined,
        componentStack: componentStack ? String(componentStack) : undefined,
        isRejectedCall: isRejectedCall(error),
      });
    };
    return {
      describe,
      describeSafely(error) {
        try {
          return describe(error);
        } catch {
          return JSON.stringify({
            name: "Error",
            message: "an error that cannot be described was thrown",
          });
        }
      },
    };
  }
);
