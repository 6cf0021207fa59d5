import { afterEach, describe, expect, it, vi } from "vitest";
import { lazySchema } from "../../forms/lazySchema";

const rejecting = {
  "~standard": {
    validate: () => ({ issues: [{ message: "This field is required." }] }),
  },
};

afterEach(() => vi.restoreAllMocks());

describe("lazySchema", () => {
  it("loads the schema once, on its first use", async () => {
    const load = vi.fn(() => Promise.resolve({ contact: rejecting }));
    const schema = lazySchema(load, "contact");
    expect(load).not.toHaveBeenCalled();
    schema.preload?.();
    const results = await Promise.all([
      schema["~standard"].validate({}),
      schema["~standard"].validate({}),
    ]);
    expect(load).toHaveBeenCalledTimes(1);
    for (const { issues } of results) expect(issues).toHaveLength(1);
  });

  it("leaves validation to the server while the schema cannot be loaded", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const load = vi
      .fn(() => Promise.resolve({ contact: rejecting }))
      .mockRejectedValueOnce(new Error("gone"));
    const schema = lazySchema(load, "contact");
    const values = { name: "" };
    expect(await schema["~standard"].validate(values)).toEqual({
      value: values,
    });
    expect(warn).toHaveBeenCalledTimes(1);
    const second = await schema["~standard"].validate(values);
    expect(second.issues).toHaveLength(1);
  });
});
