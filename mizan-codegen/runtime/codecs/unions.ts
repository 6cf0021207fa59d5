/** Returns the tag of a value in a union of objects. */
export function tagOf(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

/** Returns whether a value in a union is an object with a member. */
export function hasMember(value: unknown, name: string): boolean {
  return isObject(value) && Object.hasOwn(value, name);
}

/** Returns whether a value in a union is a list. */
export function isList(value: unknown): boolean {
  return Array.isArray(value);
}

/** Returns whether a value in a union is an object, and not a list, a date or bytes. */
export function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
