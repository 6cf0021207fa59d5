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
import { fileURLToPath } from "node:url";
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

/** Returns the places that "Go to definition" opens after each mark `go` in `main.ts`, as `file:line`. */
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
    for (const { index } of text.matchAll(/\/\*go\*\//g)) {
      const before = text.slice(0, index + "/*go*/".length).split("\n");
      const place = { line: before.length, offset: before.at(-1).length + 1 };
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
