import { stringifyJson } from "./json";

/** A file in the input of a call, with its path. */
interface FileAttachment {
  readonly path: string;
  readonly file: File;
}

/**
 * Encodes the input of a call: as JSON, or as a multipart form with the JSON and the files if there are
 * any.
 */
export function encodeBody(input: unknown): string | FormData {
  const files: FileAttachment[] = [];
  const values = extractFiles(input, "", files);
  // There is no JSON for `undefined` and for functions.
  const json = stringifyJson(values) ?? "null";
  if (files.length === 0) return json;
  const form = new FormData();
  form.append("input", json);
  for (const { path, file } of files) form.append(path, file, file.name);
  return form;
}

/** Returns the input without its files, which are added to `files`. */
export function extractFiles(
  value: unknown,
  path: string,
  files: FileAttachment[],
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
