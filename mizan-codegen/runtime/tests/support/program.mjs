import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Starts a server that prints its URL. */
export async function startProgram(program, parameters = []) {
  const server = spawn(program, parameters, {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [url] = await once(createInterface(server.stdout), "line");
  return { server, url };
}
