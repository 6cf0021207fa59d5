/** A call of a function, for the commands that repeat it. */
export interface CurlCall {
  readonly origin: string;
  /** The path at which the application serves its functions. */
  readonly apiPath: string;
  readonly name: string;
  /** True for a query or a context, which is sent with GET. */
  readonly isSafe: boolean;
  /** The input as JSON; `undefined` without arguments. */
  readonly json: string | undefined;
}

/** Returns the command that makes a call in a POSIX shell. */
export function curlCommand(call: CurlCall): string {
  const url = `${call.origin}${call.apiPath}/call/${call.name}`;
  if (call.isSafe) {
    if (call.json === undefined) return `curl ${quoted(url)}`;
    const input = quoted(`input=${compact(call.json)}`);
    return `curl --get ${quoted(url)} \\\n  --data-urlencode ${input}`;
  }
  const lines = [
    `curl ${quoted(url)}`,
    "--header 'content-type: application/json'",
  ];
  lines.push(`--data ${quoted(compact(call.json ?? "{}"))}`);
  return lines.join(" \\\n  ");
}

/** Removes the line breaks that the editor adds to JSON. A text in JSON contains no line break. */
function compact(json: string): string {
  return json
    .split("\n")
    .map((line) => line.trim())
    .join("");
}

/** Quotes a word for a POSIX shell, in which only a quote ends a quoted text. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
