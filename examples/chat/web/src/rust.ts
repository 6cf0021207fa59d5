import functions from "../../src/functions.rs?raw";

/** Returns the Rust item that starts with `start`, with its attributes and without its docs. */
export function rust(start: string, source = functions): string {
  const lines = source.split("\n");
  const at = lines.findIndex((line) => line.startsWith(start));
  if (at < 0) throw new Error(`the Rust source has no \`${start}\``);
  const first = lines.lastIndexOf("", at) + 1;
  const last = lines.indexOf("}", at);
  return lines
    .slice(first, last + 1)
    .filter((line) => !line.trimStart().startsWith("///"))
    .join("\n");
}
