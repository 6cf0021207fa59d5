import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The folder of build output. */
export const target = fileURLToPath(
  new URL("../../../../target", import.meta.url),
);

/** The program of the example. */
export const program = process.env.MIZAN_CHAT ?? `${target}/debug/chat`;

/** Starts a server on a free port, unless the options name one. The caller stops it. */
export async function startServer(
  ...options: string[]
): Promise<{ readonly process: ChildProcess; readonly address: string }> {
  const port = options.includes("--port") ? [] : ["--port", "0"];
  const process = spawn(program, [...port, ...options], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { RUST_LOG: "off" },
  });
  for await (const address of createInterface(process.stdout))
    return { process, address };
  throw new Error(`${program} exited before it listened on a port`);
}
