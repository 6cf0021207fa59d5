// Clients with declaration maps, and the editor support of TypeScript.
import { execFileSync, spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/**
 * Generates clients of golden cases with maps to Rust sources, in a folder that finds the packages of the
 * workspace. `code` is the text of `main.ts` in this folder.
 */
export function generateClients(cases, code) {
  mkdirSync(join(root, "target"), { recursive: true });
  const folder = mkdtempSync(join(root, "target/declaration-maps-"));
  for (const name of cases) {
    const manifest = join(
      root,
      "mizan-codegen/tests/cases",
      name,
      "manifest.json",
    );
    const text = readFileSync(manifest, "utf8");
    for (const [, source] of text.matchAll(/"file": "([^"]+)"/g)) {
      const file = join(folder, "server", source);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, "// Rust\n".repeat(300));
    }
    const generator = ["run", "--quiet", "-p", "mizan-codegen", "--"];
    const parameters = [
      ...["--manifest", manifest, "--out", join(folder, name)],
      `--declaration-maps=${join(folder, "server")}`,
    ];
    execFileSync("cargo", [...generator, ...parameters], { cwd: root });
  }
  writeFileSync(join(folder, "main.ts"), code);
  const compilerOptions = {
    target: "ES2022",
    lib: ["ES2022", "DOM", "DOM.Iterable"],
    module: "ESNext",
    moduleResolution: "bundler",
    jsx: "react-jsx",
    types: [],
    strict: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    verbatimModuleSyntax: true,
    skipLibCheck: true,
    noEmit: true,
  };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, include: ["."] }),
  );
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

/** Returns the errors of a version of TypeScript. */
export function errorsOf(version, folder) {
  const tsc = join(root, "node_modules", version, "bin/tsc");
  try {
    execFileSync("node", [tsc, "-p", folder], { encoding: "utf8" });
    return "";
  } catch (error) {
    return error.stdout;
  }
}

/** Bundles `main.ts`, and returns the code. */
export async function bundle(folder) {
  const build = await rolldown({
    input: join(folder, "main.ts"),
    external: /^[^./]/,
    logLevel: "silent",
  });
  const { output } = await build.generate();
  return output[0].code;
}

/** Returns the places after each mark `go`, from zero. */
function marks(text) {
  return Array.from(text.matchAll(/\/\*go\*\//g), ({ index }) => {
    const before = text.slice(0, index + "/*go*/".length).split("\n");
    return { line: before.length - 1, column: before.at(-1).length };
  });
}

/**
 * Returns the places that "Go to definition" opens after each mark `go` in `main.ts`, as `file:line`, with the server of
 * TypeScript 5.7.
 */
export async function definitions(folder) {
  const file = join(folder, "main.ts");
  const text = readFileSync(file, "utf8");
  const server = spawn("node", [
    join(root, "node_modules/typescript-5.7/lib/tsserver.js"),
    "--disableAutomaticTypingAcquisition",
  ]);
  let sequence = 0;
  const waiting = new Map();
  createInterface(server.stdout).on("line", (line) => {
    if (!line.startsWith("{")) return;
    const message = JSON.parse(line);
    if (message.type === "response")
      waiting.get(message.request_seq)?.(message.body);
  });
  const send = (command, parameters) => {
    sequence += 1;
    const request = { seq: sequence, type: "request", command };
    server.stdin.write(
      `${JSON.stringify({ ...request, arguments: parameters })}\n`,
    );
    return new Promise((resolve) => waiting.set(sequence, resolve));
  };
  try {
    void send("open", { file });
    const found = [];
    for (const { line, column } of marks(text)) {
      const place = { line: line + 1, offset: column + 1 };
      const body = await send("definitionAndBoundSpan", { file, ...place });
      found.push(
        body.definitions.map(
          (it) => `${relative(folder, it.file)}:${it.start.line}`,
        ),
      );
    }
    return found;
  } finally {
    server.kill();
  }
}

/** Returns the same places with the language server of TypeScript 7. */
export async function languageServerDefinitions(folder) {
  const file = join(folder, "main.ts");
  const uri = pathToFileURL(file).href;
  const text = readFileSync(file, "utf8");
  const server = spawn("node", [
    join(root, "node_modules/typescript/bin/tsc"),
    "--lsp",
    "--stdio",
  ]);
  const send = (message) => {
    const json = JSON.stringify({ jsonrpc: "2.0", ...message });
    const length = Buffer.byteLength(json);
    server.stdin.write(`Content-Length: ${length}\r\n\r\n${json}`);
  };
  const waiting = new Map();
  const receive = ({ id, method, params, result }) => {
    if (id === undefined) return;
    if (method === undefined) return waiting.get(id)?.(result);
    // The server asks for settings, and for permission to watch files.
    const isSettings = method === "workspace/configuration";
    send({ id, result: isSettings ? params.items.map(() => null) : null });
  };
  let received = Buffer.alloc(0);
  server.stdout.on("data", (part) => {
    received = Buffer.concat([received, part]);
    for (;;) {
      const end = received.indexOf("\r\n\r\n");
      if (end === -1) return;
      const head = received.subarray(0, end).toString();
      const start = end + 4;
      const next = start + Number(/Content-Length: (\d+)/i.exec(head)[1]);
      if (received.length < next) return;
      receive(JSON.parse(received.subarray(start, next).toString()));
      received = received.subarray(next);
    }
  });
  let sequence = 0;
  const request = (method, params) => {
    sequence += 1;
    send({ id: sequence, method, params });
    return new Promise((resolve) => waiting.set(sequence, resolve));
  };
  try {
    await request("initialize", {
      processId: process.pid,
      rootUri: pathToFileURL(folder).href,
      capabilities: { textDocument: { definition: { linkSupport: true } } },
    });
    send({ method: "initialized", params: {} });
    const document = { uri, languageId: "typescript", version: 1, text };
    send({
      method: "textDocument/didOpen",
      params: { textDocument: document },
    });
    const found = [];
    for (const { line, column } of marks(text)) {
      const links = await request("textDocument/definition", {
        textDocument: { uri },
        position: { line, character: column },
      });
      found.push(
        links.map(({ targetUri, targetSelectionRange: { start } }) => {
          const path = relative(folder, fileURLToPath(targetUri));
          return `${path}:${start.line + 1}`;
        }),
      );
    }
    return found;
  } finally {
    server.kill();
  }
}
