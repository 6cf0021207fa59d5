/** A file among the input of a call, and where it stands. */
interface Attached {
  readonly path: string;
  readonly file: File;
}

/**
 * The body of a call: JSON text, or a form of the JSON and of each file under its path where the
 * input has files.
 */
export function encodeBody(input: unknown): string | FormData {
  const files: Attached[] = [];
  const values = extractFiles(input, "", files);
  const json = JSON.stringify(values) ?? "null";
  if (files.length === 0) return json;
  const form = new FormData();
  form.append("input", json);
  for (const { path, file } of files) form.append(path, file, file.name);
  return form;
}

/** The JSON of an input, in which keys that hold a file are left out. */
export function extractFiles(
  value: unknown,
  path: string,
  files: Attached[],
): unknown {
  if (typeof File !== "undefined" && value instanceof File) {
    files.push({ path, file: value });
    return undefined;
  }
  if (typeof value !== "object" || value === null || hasToJson(value))
    return value;
  const inner = (key: string, item: unknown): unknown =>
    extractFiles(item, path === "" ? key : `${path}.${key}`, files);
  if (Array.isArray(value))
    return value.map((item, index) => inner(String(index), item));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, inner(key, item)]),
  );
}

function hasToJson(value: object): boolean {
  return "toJSON" in value && typeof value.toJSON === "function";
}
