import { Parser } from "@asyncapi/parser";
import { expect, test } from "vitest";

import { documents } from "./documents.js";

/** The severity of a diagnostic that is not an error or a warning. */
const INFORMATION = 2;

test.each(documents("asyncapi"))(
  "%s is a valid AsyncAPI 3 document",
  async (_, document) => {
    const parsed = await new Parser().parse(JSON.stringify(document));
    expect(
      parsed.diagnostics.filter(({ severity }) => severity < INFORMATION),
    ).toEqual([]);
    expect(parsed.document).toBeDefined();
  },
  60_000,
);
