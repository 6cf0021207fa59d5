// The program of `mizan-forms/examples/constraint_verdicts.rs`.
import { execFileSync } from "node:child_process";
import process from "node:process";

/** The path of the program; undefined if it was not built. */
export const program = process.env["MIZAN_CONSTRAINT_VERDICTS"];

/** Returns the table with `count` values for each field, as JSON. */
export function verdictsOfServer(count) {
  const maxBuffer = 1 << 28;
  return execFileSync(program, [String(count)], {
    encoding: "utf8",
    maxBuffer,
  });
}
