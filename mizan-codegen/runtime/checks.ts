import type * as z from "zod";

/** How many characters a text may have. */
export interface CharacterLimits {
  readonly min?: number;
  readonly max?: number;
}

/**
 * Checks how many characters a text has, counted as Rust counts them: code points, where `length`
 * counts UTF-16 units.
 */
export function characters({
  min = 0,
  max = Infinity,
}: CharacterLimits): z.core.CheckFn<string> {
  return ({ value, issues }) => {
    const count = [...value].length;
    const issue = { origin: "string", inclusive: true, input: value } as const;
    if (count < min) issues.push({ ...issue, code: "too_small", minimum: min });
    if (count > max) issues.push({ ...issue, code: "too_big", maximum: max });
  };
}

/** Checks that no two items of a list are the same JSON. */
export const unique: z.core.CheckFn<readonly unknown[]> = ({
  value,
  issues,
}) => {
  const seen = new Set(value.map((item) => JSON.stringify(item)));
  if (seen.size < value.length) {
    issues.push({ code: "custom", message: "Duplicate items", input: value });
  }
};
