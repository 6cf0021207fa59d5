// Prints the figures of the chat example that mizan-ssr's README contains: sizes of the executable and of the scripts,
// start time, time to the first byte, and memory.
//
//     cargo build --release -p chat --features v8
//     target/release/chat bundle target/chat.bundle
//     CHAT_BUNDLE=$PWD/target/chat.bundle cargo build --release -p chat --features v8,embedded
//     node examples/chat/benches/figures.mjs target/release/chat
//
// The machine should be idle. Needs Linux, `strip` and `npm ci`.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { get } from "node:http";
import { SourceMap } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const STARTS = 9;
const PAGES = 200;
const web = fileURLToPath(new URL("../web", import.meta.url));
const program = resolve(process.argv[2] ?? "target/release/chat");
const folder = mkdtempSync(join(tmpdir(), "mizan-figures-"));

try {
  printProgram();
  await printStarts();
  printScripts(findScripts());
} finally {
  rmSync(folder, { recursive: true });
}

function printProgram() {
  const stripped = join(folder, "stripped");
  execFileSync("strip", ["-o", stripped, program]);
  print("executable", megabytes(statSync(program).size));
  print("executable, stripped", megabytes(statSync(stripped).size));
  print(
    "executable, stripped and gzip",
    megabytes(gzipSync(readFileSync(stripped)).length),
  );
}

async function printStarts() {
  const runs = [];
  // The first start creates the demo accounts, whose passwords it hashes.
  for (let n = 0; n <= STARTS; n++) runs.push(await measureStart());
  const [first, ...others] = runs;
  const middle = (name) => median(others.map((run) => run[name]));
  print("start, new database", milliseconds(first.start));
  print("start", milliseconds(middle("start")));
  print("first byte of the first page", milliseconds(middle("firstByte")));
  print("resident memory after the start", megabytes(middle("idle")));
  print("resident memory after one page", megabytes(middle("onePage")));
  const server = await start();
  for (let n = 0; n < PAGES; n++) await request(server, "/");
  print(`resident memory after ${PAGES} pages`, megabytes(memory(server)));
  await stop(server);
}

async function measureStart() {
  const server = await start();
  const idle = memory(server);
  const { firstByte } = await request(server, "/");
  const onePage = memory(server);
  await stop(server);
  return { start: server.start, firstByte, idle, onePage };
}

/** Starts the program. `start` is the time until it listens. */
async function start() {
  const began = performance.now();
  const child = spawn(
    program,
    ["--port", "0", "--database", join(folder, "chat.db"), "--mail", folder],
    { stdio: ["ignore", "pipe", "inherit"], env: { RUST_LOG: "off" } },
  );
  for await (const address of createInterface(child.stdout))
    return { child, address, start: performance.now() - began };
  throw new Error(`${program} exited before it listened on a port`);
}

async function stop({ child }) {
  const exited = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  await exited;
}

/** Requests a path. `firstByte` is the time until the first byte of the body. */
function request({ address }, path) {
  return new Promise((done, failed) => {
    const began = performance.now();
    const headers = { accept: "text/html", "accept-encoding": "identity" };
    get(address + path, { headers, agent: false }, (response) => {
      let firstByte;
      const chunks = [];
      response.on("data", (chunk) => {
        firstByte ??= performance.now() - began;
        chunks.push(chunk);
      });
      response.on("end", () => {
        const { statusCode } = response;
        const body = Buffer.concat(chunks).toString();
        if (statusCode === 200) done({ firstByte, body });
        else failed(new Error(`${path} has the status ${statusCode}: ${body}`));
      });
    }).on("error", failed);
  });
}

/** Returns the resident memory of a server in bytes. */
function memory({ child }) {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024;
}

/** Builds the browser files with source maps, and returns the scripts that the front page loads. */
function findScripts() {
  const options = ["--sourcemap", "--outDir", folder, "--logLevel", "error"];
  execFileSync("npx", ["vite", "build", ...options], {
    cwd: web,
    stdio: "inherit",
  });
  const file = join(folder, ".vite/manifest.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  const keys = new Set(["src/main.tsx", "src/pages/Home.tsx"]);
  // A set is iterated with the keys that are added meanwhile.
  for (const key of keys)
    for (const imported of manifest[key].imports ?? []) keys.add(imported);
  return Array.from(keys, (key) => manifest[key].file);
}

function printScripts(names) {
  const parts = new Map();
  let total = 0;
  for (const name of names) {
    const code = readFileSync(join(folder, name), "utf8");
    const compressed = gzipSync(code).length;
    total += compressed;
    for (const [part, length] of partsOf(name, code))
      parts.set(
        part,
        (parts.get(part) ?? 0) + (length / code.length) * compressed,
      );
  }
  print(`scripts of the front page (${names.length}), gzip`, kilobytes(total));
  for (const [part, size] of [...parts].sort((a, b) => b[1] - a[1]))
    print(`  ${part}`, kilobytes(size));
}

/** Returns the number of characters of each part of a script, by its source map. */
function partsOf(name, code) {
  const parts = new Map();
  const map = sourceMap(join(folder, `${name}.map`));
  for (const [line, text] of code.split("\n").entries())
    for (let column = 0; column < text.length; column++) {
      const part = partOf(map?.findEntry(line, column).originalSource);
      parts.set(part, (parts.get(part) ?? 0) + 1);
    }
  return parts;
}

/** Reads a source map. Some scripts of the bundler have none. */
function sourceMap(file) {
  try {
    return new SourceMap(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function partOf(source = "") {
  const [, packageName] =
    /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source) ?? [];
  if (packageName) return packageName;
  if (source.includes("/mizan/")) return "the generated client";
  return source.includes("/src/") ? "the page" : "the bundler";
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function print(name, value) {
  console.log(`${name.padEnd(44)}${value.padStart(12)}`);
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function kilobytes(bytes) {
  return `${(bytes / 1e3).toFixed(1)} kB`;
}

function milliseconds(duration) {
  return `${duration.toFixed(0)} ms`;
}
