/**
 * `value` after some `steps`. What happens in step 2 does so after React has sent what step 1 brought,
 * on a machine of any speed: a step begins when the last one is over.
 */
export async function later<T>(steps: number, value: T): Promise<T> {
  for (let step = 0; step < steps; step++) await new Promise((resolve) => setTimeout(resolve, 10));
  return value;
}
