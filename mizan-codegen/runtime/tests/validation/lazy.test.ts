import { expect, it, vi } from "vitest";
import * as z from "zod";
import { lazy } from "../../validation/lazy";

it("builds a schema once, when it is first used", () => {
  const build = vi.fn(() => z.string());
  const schema = lazy<string>(build);
  expect(build).not.toHaveBeenCalled();
  expect(schema.safeParse("a").success).toBe(true);
  expect(schema.safeParse(1).success).toBe(false);
  expect(build).toHaveBeenCalledOnce();
});

it("lets a schema refer to itself", () => {
  interface Tree {
    children: Tree[];
  }
  const tree: z.ZodType<Tree> = lazy(() =>
    z.object({ children: z.array(tree) }),
  );
  expect(tree.safeParse({ children: [{ children: [] }] }).success).toBe(true);
  expect(tree.safeParse({ children: [{}] }).success).toBe(false);
});
