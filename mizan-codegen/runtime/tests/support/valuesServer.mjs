// The program of `mizan-http/examples/values.rs`.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { startProgram } from "./program.mjs";

/** The path of the program; undefined if it was not built. */
export const program = process.env["MIZAN_VALUES"];

/** Starts the program. */
export async function startValuesServer() {
  const { server, url } = await startProgram(program);
  return { baseUrl: `${url}/api/mizan`, close: () => server.kill() };
}

/** Returns the manifest. */
export function manifestOfServer() {
  return execFileSync(program, ["manifest"], { encoding: "utf8" });
}

/**
 * Strings that often cause bugs: a few, and the big list of naughty strings if there is the folder
 * `MIZAN_TEST_DATA`, as `CONTRIBUTING.md` describes.
 */
export const naughtyStrings = [
  "",
  "\u0000\r\n\t",
  "\u202e\ufeff\u2028\u2029",
  "👩‍👩‍👧‍👦 Ω≈ç√∫˜µ≤≥÷",
  "__proto__",
  "</script><script>alert(1)</script>",
  "%00%0d%0a+&input={}#",
  "\u{10ffff}\ufffd\ue000",
  "9007199254740993",
  ...bigList(),
];

function bigList() {
  const folder = process.env["MIZAN_TEST_DATA"];
  if (!folder) return [];
  return JSON.parse(readFileSync(join(folder, "naughty-strings.json"), "utf8"));
}
