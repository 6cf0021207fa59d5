import { expect, it } from "vitest";
import { errorsOf } from "../support/editor.mjs";
import { writeExamples } from "../support/readmes.mjs";

it("the examples in the READMEs pass TypeScript", () => {
  const { folder, count, remove } = writeExamples();
  try {
    expect(count).toBeGreaterThan(20);
    expect(errorsOf("typescript", folder)).toBe("");
  } finally {
    remove();
  }
}, 600_000);
