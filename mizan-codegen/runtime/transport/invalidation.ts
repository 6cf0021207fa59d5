import { parseJson, toJsonKey } from "./json";

/** A query whose cached results a mutation made stale. */
export interface Invalidation {
  /** The name on the wire; `*` means all queries. */
  readonly name: string;
  /** The arguments that a stale result was fetched with. Without them, all results are stale. */
  readonly input?: object;
  /** Set if the mutation returned the new data of the query, which needs no request then. */
  readonly fresh?: { readonly data: unknown };
}

/** An entry of the header `mizan-affects`. */
export interface Affected extends Pick<Invalidation, "input" | "name"> {
  /** Set if the output of the mutation is the new data of the query. */
  readonly returns: boolean;
}

/**
 * Parses the header `mizan-affects`, such as `post?input=%7B%22id%22%3A7%7D&returns,posts`.
 *
 * An entry that is not readable applies to every input.
 */
export function parseAffects(header: string | null): readonly Affected[] {
  return (header ?? "").split(",").flatMap((entry) => {
    const [path = "", search = ""] = entry.trim().split("?");
    const name = decode(path);
    if (!name) return [];
    const parameters = new Map(
      search.split("&").map((parameter): [string, string] => {
        const [key = "", value = ""] = parameter.split("=");
        return [key, value];
      }),
    );
    const encoded = parameters.get("input");
    if (encoded === undefined)
      return { name, returns: parameters.has("returns") };
    const input = parseInput(encoded);
    if (input === undefined) return { name, returns: false };
    return { name, input, returns: parameters.has("returns") };
  });
}

function parseInput(encoded: string): object | undefined {
  try {
    const input = toJsonKey(parseJson(decode(encoded) ?? ""));
    return typeof input === "object" && input ? input : undefined;
  } catch {
    return undefined;
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
