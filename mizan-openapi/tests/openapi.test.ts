import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as formats from "ajv-formats";
import { describe, expect, test } from "vitest";

import { documents, type Json } from "./documents.js";

describe.each(documents("openapi"))("%s", (_, document) => {
  test("is a valid OpenAPI 3.1 document", async () => {
    const result = await new Validator().validate(
      document as Record<string, Json>,
    );
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
  });

  test("has schemas that compile, and examples that they accept", () => {
    const ajv = new Ajv2020({ strict: false, logger: false });
    formats.default.default(ajv);
    ajv.addSchema({ ...(document as object), $id: "document" });
    let examples = 0;
    for (const { schema, example } of mediaTypes(document)) {
      const accepts = ajv.compile(absolute(schema) as object);
      // Ajv cannot read a property called `__proto__`.
      if (
        example !== undefined &&
        !JSON.stringify(example).includes("__proto__")
      ) {
        examples += 1;
        expect(accepts(example), ajv.errorsText(accepts.errors)).toBe(true);
      }
    }
    expect(
      examples > 0 || JSON.stringify(document).includes('"paths":{}'),
    ).toBe(true);
  });

  test("has an operation id for each operation", () => {
    const ids = JSON.stringify(document).match(/"operationId":"[^"]*"/g) ?? [];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^"operationId":"[A-Za-z0-9_]+"$/);
  });
});

interface MediaType {
  readonly schema: Json;
  readonly example?: Json;
}

/** Returns every object with a schema, such as media types and headers. */
function mediaTypes(value: Json): MediaType[] {
  if (value === null || typeof value !== "object") return [];
  const inner = Object.values(value).flatMap(mediaTypes);
  return "schema" in value &&
    value.schema !== null &&
    typeof value.schema === "object"
    ? [value as unknown as MediaType, ...inner]
    : inner;
}

/** Replaces references within the document by absolute ones. */
function absolute(schema: Json): Json {
  const text = JSON.stringify(schema);
  return JSON.parse(
    text.replaceAll('"#/components/', '"document#/components/'),
  ) as Json;
}
