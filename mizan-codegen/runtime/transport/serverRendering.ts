import { parseJson, stringifyJson } from "./json";
import { decodeOutput, readProblem, type ReplyCodec } from "./response";

/** The result of a function in this process: its output or a problem document, as JSON. */
interface ServerResult {
  readonly answered: boolean;
  readonly json: string;
}

/** The functions of the process that renders the page, called on behalf of the requesting user. */
export interface ServerFunctions {
  /** Calls a function. `target` is its name, and may have the query of the URL of a call. */
  call(target: string, input?: string): Promise<ServerResult>;
  /** Embeds other data in the page: JSON of an object with the `key` of a query and its `data`. */
  embed(json: string): void;
}

const globalKey = Symbol.for("mizan.functions");

/** Returns the functions of this process during server rendering, or `undefined` in a browser. */
export function serverFunctions(): ServerFunctions | undefined {
  return (globalThis as { readonly [globalKey]?: ServerFunctions })[globalKey];
}

/** Calls a query in this process. */
export async function callServerFunction(
  functions: ServerFunctions,
  target: string,
  input: unknown,
  codec?: ReplyCodec,
): Promise<unknown> {
  const { answered, json } = await functions.call(
    target,
    stringifyJson(input) ?? "",
  );
  const result: unknown = codec?.exact ? parseJson(json) : JSON.parse(json);
  if (answered) return decodeOutput(result, codec);
  throw readProblem(result, undefined, codec);
}
