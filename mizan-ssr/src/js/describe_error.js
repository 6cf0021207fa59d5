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
