import { Parser } from "@asyncapi/parser";

/** The severity of a diagnostic that is neither an error nor a warning. */
const INFORMATION = 2;

/** Returns the errors and warnings about an AsyncAPI document. */
export async function problemsOf(asyncapi: string): Promise<string[]> {
  const { diagnostics } = await new Parser().parse(asyncapi);
  return diagnostics
    .filter(({ severity }) => Number(severity) < INFORMATION)
    .map(({ path, message }) => `${path.join("/")}: ${message}`);
}
