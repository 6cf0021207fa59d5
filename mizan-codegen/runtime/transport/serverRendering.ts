import { readProblem } from "./response";

/** How a function that ran in this process answered: its output or its problem, as JSON. */
interface Answer {
  readonly answered: boolean;
  readonly json: string;
}

/** The functions of the process that renders the page, in the name of whoever asked for it. */
export interface ServerFunctions {
  call(name: string, input?: string): Promise<Answer>;
}

const member = Symbol.for("mizan.functions");

/** The functions of this process, while a page is rendered on the server; nothing in a browser. */
export function serverFunctions(): ServerFunctions | undefined {
  return (globalThis as { readonly [member]?: ServerFunctions })[member];
}

/** Asks a query in this process. */
export async function callServerFunction(
  functions: ServerFunctions,
  name: string,
  input: unknown,
): Promise<unknown> {
  const { answered, json } = await functions.call(
    name,
    input === undefined ? "" : JSON.stringify(input),
  );
  const answer: unknown = JSON.parse(json);
  if (answered) return answer;
  throw readProblem(answer);
}
