// The program of `mizan-http/examples/versions.rs`.
import { execFileSync } from "node:child_process";
import process from "node:process";
import { startProgram } from "./program.mjs";

/** The path of the program; undefined if it was not built. */
export const program = process.env["MIZAN_VERSIONS"];

/** Starts the server of the version before or after the changes. */
export async function startVersionsServer(version) {
  const { server, url } = await startProgram(program, [version]);
  return { baseUrl: `${url}/api/mizan`, close: () => server.kill() };
}

/** Returns the manifest of the version before the changes. */
export function oldManifest() {
  return execFileSync(program, ["old", "manifest"], { encoding: "utf8" });
}
