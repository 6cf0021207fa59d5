import { expect, test } from "vitest";

import { documents } from "./documents.js";
import { problemsOf } from "./problemsOf.js";

test.each(documents("asyncapi"))(
  "%s is a valid AsyncAPI 3 document",
  async (_, document) => {
    expect(await problemsOf(JSON.stringify(document))).toEqual([]);
  },
  60_000,
);
