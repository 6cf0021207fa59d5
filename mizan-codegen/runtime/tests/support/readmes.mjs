// The TypeScript examples in the READMEs, as a project that TypeScript checks.
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** The READMEs with examples. */
const readmes = [
  "README.md",
  "mizan-codegen/README.md",
  "mizan-forms/README.md",
  "mizan-channels/README.md",
  "mizan-auth/README.md",
  "mizan-ssr/README.md",
];

/** The modules of a client from which an example may use names without an import. */
const modules = [
  "client.ts",
  "forms.tsx",
  "mock.ts",
  "navigation.ts",
  "schemas.ts",
];

/** The names of packages that an example may use without an import. */
const packages = {
  "@tanstack/react-query": ["useQuery", "useSuspenseInfiniteQuery"],
  "@testing-library/react": ["render"],
  "@vitejs/plugin-react": ["default as react"],
  msw: ["http"],
  "msw/node": ["setupServer"],
  vite: ["defineConfig"],
};

/** Names of the application in the examples. */
const application = `
import type { QueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Post as PostData, PostId } from "./mizan";
import type { FieldProps } from "./mizan/runtime/forms";
type Component<P = object> = (props: P & { children?: ReactNode }) => ReactNode;
declare global {
  const id: PostId, title: string, tag: string, room: string, text: string, token: string, tenant: string;
  const signal: AbortSignal, queryClient: QueryClient, values: unknown;
  const Spinner: Component, Header: Component, Account: Component, Greeting: Component;
  const ErrorBoundary: Component<{ fallback: ReactNode }>;
  const Article: Component<{ post: PostData }>, Line: Component<{ event: unknown }>;
  const Post: Component<{ id: number }>, Calendar: Component<FieldProps>;
  const show: (...values: unknown[]) => void, log: typeof show, onSuccess: typeof show;
  const onProgress: (loaded: number, size: number | undefined) => void;
  interface ImportMeta { glob(pattern: string): Record<string, () => Promise<unknown>>; }
}
`;

function caseOf(name) {
  const path = join(root, "mizan-codegen/tests/cases", name, "manifest.json");
  return JSON.parse(readFileSync(path, "utf8"));
}

/** The manifest of the application in the examples: the golden cases, with the names of the examples. */
function manifest() {
  const [blog, forms, channels, files, redirects] = [
    "blog",
    "forms",
    "channels",
    "downloads",
    "redirects",
  ].map(caseOf);
  const posts = blog.functions.find(({ name }) => name === "posts");
  const { start, ...filters } = posts.input.properties;
  posts.input.properties = {
    tag: { type: "string" },
    ...filters,
    after: start,
  };
  posts.pages.cursor = "after";
  const report = files.functions.find(({ name }) => name === "logo");
  report.name = "report";
  report.input = blog.functions.find(({ name }) => name === "post").input;
  const redirect = redirects.functions.find(({ name }) => name === "latest");
  const { input } = report;
  const checkout = { ...redirect, name: "checkout", kind: "mutation", input };
  const invoice = { ...redirect, name: "invoice", input };
  const post = blog.$defs.Post;
  post.properties = {
    id: post.properties.id,
    title: post.properties.title,
    slug: { type: "string" },
  };
  post.required = ["id", "title"];
  const submit = forms.functions.find(({ name }) => name === "contact.submit");
  submit.output = {
    type: "object",
    properties: { sent: { type: "boolean" } },
    required: ["sent"],
  };
  return {
    ...blog,
    functions: [
      ...blog.functions,
      report,
      checkout,
      invoice,
      ...forms.functions,
    ],
    forms: forms.forms,
    channels: channels.channels.filter(({ name }) => name === "chat"),
    errors: { ...forms.errors, ...blog.errors },
    $defs: { ...forms.$defs, ...channels.$defs, ...blog.$defs },
  };
}

/** Returns the examples in a README, with the lines on which they begin. */
function examples(readme) {
  const text = readFileSync(join(root, readme), "utf8");
  return [...text.matchAll(/```tsx?\n(.*?)```/gs)].map((match) => ({
    code: match[1],
    line: text.slice(0, match.index).split("\n").length + 1,
  }));
}

/** Turns an example into a module: its statements in a function, with the imports that it leaves out. */
function toModule(code, exportsOf) {
  const own = [...code.matchAll(/^import .*?;$/gms)].map(([it]) => it);
  const body = own.reduce((rest, it) => rest.replace(it, ""), code);
  const declared = new Set(
    [...`${own.join(" ")}`.matchAll(/\w+/g)].map(([word]) => word),
  );
  for (const [, name] of body.matchAll(/(?:function|const|interface) (\w+)/g))
    declared.add(name);
  const uses = (name) =>
    !declared.has(name) && new RegExp(`(?<![.\\w])${name}\\b`).test(body);
  const imports = Object.entries(exportsOf).flatMap(([module, names]) => {
    const used = names.filter((it) => uses(it.split(" ").at(-1)));
    for (const name of used) declared.add(name.split(" ").at(-1));
    return used.length > 0
      ? [`import { ${used.join(", ")} } from ${JSON.stringify(module)};`]
      : [];
  });
  const isModule = /^export /m.test(body);
  // Elements that follow each other are statements.
  const statements = body.replace(/^</gm, ";<");
  const lines = isModule
    ? body
    : `export async function example(): Promise<unknown> {\n${statements}\nreturn undefined;\n}\n`;
  return `${[...own, ...imports].join("\n")}\n${lines}`;
}

function generate(manifest, out) {
  const generator = ["run", "--quiet", "-p", "mizan-codegen", "--"];
  const parameters = ["--manifest", manifest, "--out", out];
  execFileSync("cargo", [...generator, ...parameters], { cwd: root });
}

/** Writes a project with all examples. */
export function writeExamples() {
  mkdirSync(join(root, "target"), { recursive: true });
  const project = mkdtempSync(join(root, "target/readmes-"));
  const folder = join(project, "pages");
  mkdirSync(folder);
  // Other modules of the application.
  mkdirSync(join(project, "components"));
  writeFileSync(
    join(project, "components/Chart.tsx"),
    "export default function Chart() { return null; }",
  );
  writeFileSync(join(project, "mizan.ts"), 'export * from "./pages/mizan";');
  writeFileSync(
    join(project, "SiteLayout.tsx"),
    "export const SiteLayout = () => null;",
  );
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest()));
  generate(join(folder, "manifest.json"), join(folder, "mizan"));
  // The first example is the whole application `hello`.
  generate(
    join(root, "examples/hello/web/mizan/manifest.json"),
    join(folder, "hello"),
  );
  const exportsOf = { ...packages };
  for (const module of [
    "react.tsx",
    "channelHooks.ts",
    "channels.ts",
    ...modules,
  ]) {
    const text = readFileSync(join(folder, "mizan", module), "utf8");
    const names = text.matchAll(
      /^export (?:async )?(?:function|const) (\w+)/gm,
    );
    exportsOf[`./mizan/${module.replace(/\.tsx?$/, "")}`] = [...names].map(
      ([, name]) => name,
    );
  }
  exportsOf["./mizan"] = ["optimistic", "update", "retry", "subscribe"];
  exportsOf["./mizan/mock"].push("mockError");
  exportsOf["./mizan/navigation"] = ["Link", "navigate", "useNavigation"];
  exportsOf["./mizan/forms"].push("FormComponents");
  exportsOf["./mizan/types"] = ["type RenameInput"];
  exportsOf["./mizan/runtime/forms"] = ["type FieldProps"];
  writeFileSync(join(folder, "application.ts"), application);
  let count = 0;
  for (const readme of readmes)
    for (const { code, line } of examples(readme)) {
      const name = `${readme.replaceAll(/[/.]/g, "-")}-line-${line}.tsx`;
      count += 1;
      const isHello = code.includes("createRoot(");
      const example = isHello ? code.replace("./mizan", "./hello") : code;
      writeFileSync(join(folder, name), toModule(example, exportsOf));
    }
  const compilerOptions = {
    target: "ES2022",
    lib: ["ES2022", "DOM", "DOM.Iterable"],
    module: "ESNext",
    moduleResolution: "bundler",
    jsx: "react-jsx",
    types: [],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const config = { compilerOptions, include: ["*.ts", "*.tsx"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  return { folder, count, remove: () => rmSync(project, { recursive: true }) };
}
