import source from "../../src/functions.rs?raw";

const lines = source.split("\n");

/** The Rust item that begins with `start`, with its attributes and without its documentation. */
export function rust(start: string): string {
  const at = lines.findIndex((line) => line.startsWith(start));
  if (at < 0) throw new Error(`functions.rs has no \`${start}\``);
  const first = lines.lastIndexOf("", at) + 1;
  const last = lines.indexOf("}", at);
  return lines
    .slice(first, last + 1)
    .filter((line) => !line.trimStart().startsWith("///"))
    .join("\n");
}

/** A Rust function with its body left out. */
export function withoutBody(item: string): string {
  return item.replace(/ \{\n[^]*$/, " { .. }");
}
