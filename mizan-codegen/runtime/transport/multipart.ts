import { stringifyJson } from "./json";

/** A file in the input of a call, with its path. */
interface FileAttachment {
  readonly path: string;
  readonly file: object;
}

/**
 * Encodes the input of a call: as JSON, or as a multipart form with the JSON and the files if there are
 * any.
 */
export function encodeBody(
  input: unknown,
  isFile: (value: object) => boolean = isBrowserFile,
): string | FormData {
  const files: FileAttachment[] = [];
  const values = extractFiles(input, "", files, isFile);
  // There is no JSON for `undefined` and for functions.
  const json = stringifyJson(values) ?? "null";
  if (files.length === 0) return json;
  const form = new FormData();
  form.append("input", json);
  for (const { path, file } of files) {
    if (isBrowserFile(file)) form.append(path, file, file.name);
    // React Native takes the name from the object.
    else form.append(path, file as Blob);
  }
  return form;
}

/** Returns the input without its files, which are added to `files`. */
export function extractFiles(
  value: unknown,
  path: string,
  files: FileAttachment[],
  isFile: (value: object) => boolean = isBrowserFile,
): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isFile(value)) {
    files.push({ path, file: value });
    return undefined;
  }
  if (hasToJson(value)) return value;
  const inner = (key: string, item: unknown): unknown =>
    extractFiles(item, path === "" ? key : `${path}.${key}`, files, isFile);
  if (Array.isArray(value))
    return value.map((item, index) => inner(String(index), item));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, inner(key, item)]),
  );
}

function isBrowserFile(value: object): value is File {
  return typeof File !== "undefined" && value instanceof File;
}

function hasToJson(value: object): boolean {
  return "toJSON" in value && typeof value.toJSON === "function";
}
