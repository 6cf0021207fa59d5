/** A token of source code. */
export interface Token {
  readonly kind:
    "attribute" | "comment" | "keyword" | "plain" | "string" | "type";
  readonly text: string;
}

const keywords = [
  "as async await case const default else enum export false fn for from function if impl import in",
  "let match mod mut new null of pub return self static struct switch true type undefined use",
]
  .join(" ")
  .replaceAll(" ", "|");

const tokens = new RegExp(
  [
    "(?<comment>//[^\\n]*)",
    '(?<attribute>#\\[(?:[^\\]"]|"[^"]*")*\\])',
    '(?<string>"[^"\\n]*"|`[^`]*`)',
    `(?<keyword>(?<![.:])\\b(?:${keywords})\\b(?!</))`,
    "(?<type>(?<!>)\\b[A-Z]\\w*|\\b(?:string|number|boolean)\\b)",
  ].join("|"),
  "g",
);

/** Splits Rust or TypeScript into tokens for simple syntax highlighting. */
export function highlight(source: string): Token[] {
  const result: Token[] = [];
  let end = 0;
  for (const match of source.trimEnd().matchAll(tokens)) {
    const [kind] =
      Object.entries<string | undefined>(match.groups ?? {}).find(
        ([, text]) => text !== undefined,
      ) ?? [];
    if (match.index > end)
      result.push({ kind: "plain", text: source.slice(end, match.index) });
    result.push({ kind: kind as Token["kind"], text: match[0] });
    end = match.index + match[0].length;
  }
  result.push({ kind: "plain", text: source.slice(end).trimEnd() });
  return result;
}
