// Compares the time in which tsc checks a client with 3,000 functions with tRPC and oRPC:
// `node mizan-codegen/benches/tsc.mjs`.
//
// Every function has an input of three fields and an output of five, and a client calls all of them. Half of
// them are mutations. The peers are installed in the target directory.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { fileURLToPath } from "node:url";

const functions = 3_000;
const perFile = 100;
const runs = 3;

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = `${root}target/tsc/`;
const tsc = `${root}node_modules/typescript/bin/tsc`;
const packages = [
  "@trpc/server@11.25.2",
  "@trpc/client@11.25.2",
  "@orpc/server@1.16.1",
  "@orpc/client@1.16.1",
  "zod@4.6.7",
];

const routers = Array.from({ length: functions / perFile }, (_, router) =>
  Array.from({ length: perFile }, (_, index) => {
    const number = router * perFile + index;
    return { number, isQuery: number % 2 === 0 };
  }),
);

function write(path, text) {
  const file = `${folder}${path}`;
  mkdirSync(file.slice(0, file.lastIndexOf("/")), { recursive: true });
  writeFileSync(file, text);
}

/** Writes the calls of all functions, whose results have an annotated type. */
function writeCalls(path, head, call) {
  const lines = routers.flatMap((procedures, router) =>
    procedures.map(
      (procedure) =>
        `export const call${procedure.number} = async (): Promise<string> =>\n` +
        `  (await ${call(procedure, router)}({ id: ${procedure.number}, title: "Tea", draft: false })).slug;`,
    ),
  );
  write(path, `${head}\n${lines.join("\n")}\n`);
}

/** Writes the routers of a peer, one file for 100 functions, and the file that joins them. */
function writeServer(peer, { head, procedure, router, join }) {
  for (const [number, procedures] of routers.entries()) {
    const members = procedures.map(
      (it) => `  change${it.number}: ${procedure(it)},`,
    );
    const body = `{\n${members.join("\n")}\n}`;
    write(
      `${peer}/server/router${number}.ts`,
      `${head}\nexport const router${number} = ${router(body)};\n`,
    );
  }
  const numbers = routers.map((_, number) => number);
  const imports = numbers.map(
    (it) => `import { router${it} } from "./router${it}";`,
  );
  write(
    `${peer}/server/index.ts`,
    `${imports.join("\n")}\n${join(numbers.map((it) => `router${it}`))}\n`,
  );
}

/** The arguments and the result of a function in TypeScript. */
const input =
  "z.object({ id: z.number(), title: z.string(), draft: z.boolean() })";
const output = (argument) =>
  `({ ...${argument}, slug: ${argument}.title.toLowerCase(), tags: [${argument}.title] })`;

const compilerOptions = {
  target: "ES2022",
  lib: ["ES2022", "DOM", "DOM.Iterable"],
  module: "ESNext",
  moduleResolution: "bundler",
  jsx: "react-jsx",
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  skipLibCheck: true,
};

function writeProject(path, project) {
  write(path, JSON.stringify({ compilerOptions, ...project }));
}

function writeTrpc() {
  write(
    "trpc/server/trpc.ts",
    `import { initTRPC } from "@trpc/server";\nexport const t = initTRPC.create();\n`,
  );
  writeServer("trpc", {
    head: `import { z } from "zod";\nimport { t } from "./trpc";`,
    procedure: ({ isQuery }) =>
      `t.procedure.input(${input}).${isQuery ? "query" : "mutation"}(({ input }) => ${output("input")})`,
    router: (body) => `t.router(${body})`,
    join: (routers) => `import { t } from "./trpc";
const router = t.router({ ${routers.join(", ")} });
export type AppRouter = typeof router;`,
  });
  for (const server of ["server", "declarations"])
    writeCalls(
      `trpc/calls-${server}.ts`,
      `import { createTRPCClient, httpLink } from "@trpc/client";
import type { AppRouter } from "./${server}";
const api = createTRPCClient<AppRouter>({ links: [httpLink({ url: "/api" })] });`,
      ({ number, isQuery }, router) =>
        `api.router${router}.change${number}.${isQuery ? "query" : "mutate"}`,
    );
}

function writeOrpc() {
  writeServer("orpc", {
    head: `import { os } from "@orpc/server";\nimport { z } from "zod";`,
    procedure: () =>
      `os.input(${input}).handler(({ input }) => ${output("input")})`,
    router: (body) => body,
    // tsc cannot write a declaration of one object with 3,000 procedures (TS7056).
    join: (routers) =>
      `export type AppRouter = { ${routers.map((it) => `${it}: typeof ${it}`).join("; ")} };`,
  });
  for (const server of ["server", "declarations"])
    writeCalls(
      `orpc/calls-${server}.ts`,
      `import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/fetch";
import type { RouterClient } from "@orpc/server";
import type { AppRouter } from "./${server}";
const api: RouterClient<AppRouter> = createORPCClient(new RPCLink({ url: "http://localhost/api" }));`,
      ({ number }, router) => `api.router${router}.change${number}`,
    );
}

/** Writes the same routers with declarations of their types, as a server in a package of its own has them. */
function writeDeclarations(peer) {
  writeProject(`${peer}/server.json`, {
    compilerOptions: {
      ...compilerOptions,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: "server",
      outDir: "declarations",
    },
    files: ["server/index.ts"],
  });
  execFileSync("node", [tsc, "-p", `${folder}${peer}/server.json`], {
    stdio: "inherit",
  });
}

function writeMizan() {
  const text = { type: "string" };
  const flag = { type: "boolean" };
  const id = { type: "integer", format: "uint32", minimum: 0 };
  const object = (properties) => ({
    type: "object",
    properties,
    required: Object.keys(properties),
  });
  const all = routers.flat();
  const manifest = {
    mizan: 1,
    contract: "9f86d081884c7d65",
    codes: ["malformed", "unauthenticated", "forbidden", "invalid", "internal"],
    functions: all.map(({ number, isQuery }) => ({
      name: `change${number}`,
      kind: isQuery ? "query" : "mutation",
      contract: number.toString(16).padStart(8, "0"),
      policy: "anyone",
      input: object({ id, title: text, draft: flag }),
      output: { $ref: `#/$defs/Post${number}` },
    })),
    $defs: Object.fromEntries(
      all.map(({ number }) => [
        `Post${number}`,
        object({
          id,
          title: text,
          draft: flag,
          slug: text,
          tags: { type: "array", items: text },
        }),
      ]),
    ),
  };
  write("mizan/manifest.json", JSON.stringify(manifest));
  const generator = ["run", "--quiet", "-p", "mizan-codegen", "--"];
  const paths = (out) => [
    "--manifest",
    `${folder}mizan/manifest.json`,
    "--out",
    `${folder}mizan/${out}`,
  ];
  for (const [folder, options] of [
    ["client", []],
    ["checked", ["--type-check"]],
  ]) {
    execFileSync("cargo", [...generator, ...paths(folder), ...options], {
      cwd: root,
      stdio: "inherit",
    });
    writeCalls(
      `mizan/calls-${folder}.ts`,
      `import { api } from "./${folder}/client";`,
      ({ number }) => `api.change${number}`,
    );
  }
}

function milliseconds(project) {
  const start = performance.now();
  execFileSync("node", [tsc, "-p", `${folder}${project}`, "--noEmit"], {
    stdio: "inherit",
  });
  return performance.now() - start;
}

function install() {
  if (existsSync(`${folder}node_modules`)) return;
  write("package.json", "{}");
  execFileSync("npm", ["install", "--no-audit", "--no-fund", ...packages], {
    cwd: folder,
    stdio: "inherit",
  });
}

for (const tool of ["mizan", "trpc", "orpc"])
  rmSync(`${folder}${tool}`, { recursive: true, force: true });
install();
writeMizan();
writeTrpc();
writeOrpc();
const projects = {
  "mizan, calls": ["mizan/calls.json", { files: ["calls-client.ts"] }],
  "mizan, calls and all generated files": [
    "mizan/all.json",
    { include: ["calls-client.ts", "client"] },
  ],
  "mizan with --type-check, the same": [
    "mizan/checked.json",
    { include: ["calls-checked.ts", "checked"] },
  ],
};
for (const [peer, name] of [
  ["trpc", "tRPC"],
  ["orpc", "oRPC"],
]) {
  writeDeclarations(peer);
  for (const server of ["server", "declarations"])
    projects[`${name}, calls and ${server}`] = [
      `${peer}/${server}-calls.json`,
      { files: [`calls-${server}.ts`] },
    ];
}
const times = {};
for (const [path, project] of Object.values(projects))
  writeProject(path, project);
// In turns, so that other programs of the machine slow all of them down.
for (let run = 0; run < runs; run++)
  for (const [name, [path]] of Object.entries(projects))
    (times[name] ??= []).push(milliseconds(path));
const { version } = JSON.parse(
  readFileSync(`${root}node_modules/typescript/package.json`),
);
console.log(`tsc ${version}, ${functions} functions, medians of ${runs} runs`);
for (const [name, values] of Object.entries(times)) {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(runs / 2)];
  console.log(`${name.padEnd(38)} ${median.toFixed(0).padStart(6)} ms`);
}
