/**
 * Resolves to `value` after some `steps`. A step begins when the previous step has ended, so React sends the content of
 * step 1 before that of step 2, independent of the machine's speed.
 */
export async function later<T>(steps: number, value: T): Promise<T> {
  for (let step = 0; step < steps; step++) await new Promise((resolve) => setTimeout(resolve, 10));
  return value;
}
