/** The documents of the running chat example, and a generated client that calls it. */
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { Validator } from "@seriousme/openapi-schema-validator";
import openapiTS, { astToString, type OpenAPI3 } from "openapi-typescript";
import ts from "typescript";
import { beforeAll, describe, expect, test } from "vitest";

import { problemsOf } from "./problemsOf.js";

const server = process.env["MIZAN_BASE_URL"];
const api = `${server ?? ""}/api/mizan`;
const folder = fileURLToPath(new URL("./client/", import.meta.url));

describe.skipIf(server === undefined)("chat example", () => {
  let document: OpenAPI3;

  beforeAll(async () => {
    document = (await (await fetch(`${api}/openapi.json`)).json()) as OpenAPI3;
  });

  test("serves a valid OpenAPI document", async () => {
    const result = await new Validator().validate({ ...document });
    expect(result.errors).toBeUndefined();
  });

  test("serves a valid AsyncAPI document", async () => {
    const asyncapi = await (await fetch(`${api}/asyncapi.json`)).text();
    expect(await problemsOf(asyncapi)).toEqual([]);
  });

  test("has a generated client that compiles and calls", async () => {
    await mkdir(`${folder}dist`, { recursive: true });
    const types = astToString(
      await openapiTS(document, { defaultNonNullable: false }),
    );
    await writeFile(`${folder}dist/chat.ts`, types);
    expect(compile(`${folder}usage.ts`)).toEqual([]);

    const { useChat } = (await import(`${folder}usage.ts`)) as {
      useChat: (baseUrl: string) => Promise<unknown>;
    };
    expect(await useChat(api)).toEqual({
      greeting: "Hello, Mia & Ole!",
      message: "hi",
      invalid: { text: expect.any(Array) as unknown },
      domain: "example.invalid",
      refused: "unauthenticated",
      status: 401,
    });
  });
});

/** Type-checks a file, and returns the errors. */
function compile(file: string): string[] {
  const program = ts.createProgram([file], {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    exactOptionalPropertyTypes: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  });
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) =>
      ts.flattenDiagnosticMessageText(messageText, "\n"),
    );
}
