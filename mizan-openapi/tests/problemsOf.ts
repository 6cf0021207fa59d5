import { Parser } from "@asyncapi/parser";

/** The severities of errors and warnings. */
const SEVERITIES: readonly number[] = [0, 1];

/** Returns the errors and warnings about an AsyncAPI document. */
export async function problemsOf(asyncapi: string): Promise<string[]> {
  const { diagnostics } = await new Parser().parse(asyncapi);
  return diagnostics
    .filter(({ severity }) => SEVERITIES.includes(severity))
    .map(({ path, message }) => `${path.join("/")}: ${message}`);
}
