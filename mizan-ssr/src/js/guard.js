// Notices when a render changes what every render shares: a global, or a prototype of the language.
const watched = [];
for (const name of Object.getOwnPropertyNames(globalThis)) {
  const value = globalThis[name];
  if (typeof value === "function" && /^[A-Z]/.test(name) && value.prototype) watched.push([`${name}.prototype`, value.prototype]);
}
watched.push(["globalThis", globalThis], ["Object", Object], ["Array", Array], ["Math", Math], ["JSON", JSON], ["Reflect", Reflect], ["Promise", Promise]);
watched.push(["process.env", process.env], ["console", console]);
let baseline = [];
const { ownKeys, getOwnPropertyDescriptor } = Reflect;
const look = () => {
  baseline = [];
  for (const [name, object] of watched) {
    const keys = ownKeys(object);
    const values = [];
    for (const key of keys) values.push(getOwnPropertyDescriptor(object, key).value);
    baseline.push({ name, object, keys, values });
  }
};
const difference = () => {
  for (const { name, object, keys, values } of baseline) {
    if (ownKeys(object).length !== keys.length) {
      const added = ownKeys(object).find((key) => !keys.includes(key));
      return added === undefined ? name : `${name}.${String(added)}`;
    }
    for (let at = 0; at < keys.length; at++) {
      const descriptor = getOwnPropertyDescriptor(object, keys[at]);
      if (!descriptor || (values[at] !== descriptor.value && !Number.isNaN(values[at]))) return `${name}.${String(keys[at])}`;
    }
  }
  return undefined;
};
// The same in a straight line, which V8 makes next to nothing of while all is as it was. It does not see
// what was added without being enumerable.
const plain = /^[A-Za-z_$][\w$]*$/;
let quick = null;
const prepare = () => {
  const objects = [];
  const expected = [];
  const lines = [];
  for (const { name, object, keys, values } of baseline) {
    const at = objects.push(object) - 1;
    for (let k = 0; k < keys.length; k++) {
      const key = keys[k];
      const { writable, configurable, value } = getOwnPropertyDescriptor(object, key);
      if (value === undefined || Number.isNaN(value) || !(writable || configurable)) continue;
      const then = expected.push(values[k]) - 1;
      const read = typeof key === "symbol" ? `$o${at}[$v${expected.push(key) - 1}]`
        : !plain.test(key) ? `$o${at}[${JSON.stringify(key)}]`
        : name === "globalThis" ? key : `$o${at}.${key}`;
      lines.push(`if (${read} !== $v${then}) return false;`);
    }
    if (name === "globalThis") continue;
    let enumerable = 0;
    for (const _ in object) enumerable += 1;
    if (enumerable === 0) lines.push(`for (const k in $o${at}) return false;`);
    else lines.push(`$n = 0; for (const k in $o${at}) $n += 1; if ($n !== ${enumerable}) return false;`);
  }
  const declared = [...objects.map((_, at) => `$o${at} = $o[${at}]`), ...expected.map((_, at) => `$v${at} = $v[${at}]`)];
  quick = new Function("$o", "$v", `"use strict"; const ${declared.join(", ")}; return () => { let $n; ${lines.join("\n")} return true; };`)(objects, expected);
};
// The table of globals is slow to walk, so a new one tells of itself: its assignment looks for a setter in
// the prototypes first.
let added = false;
let noticed = false;
const { set: assign } = Reflect;
Object.setPrototypeOf(globalThis, new Proxy(Object.prototype, {
  set(target, key, value, receiver) {
    added = true;
    return assign(target, key, value, receiver);
  },
}));
try {
  // In QuickJS, what is not defined would be undefined from now on.
  void mizanIsNotDefined;
  Object.setPrototypeOf(globalThis, Object.prototype);
} catch {
  noticed = true;
}

let changed;
let ends = 0;
// A module may add a polyfill while it is evaluated. What changed before that is remembered.
mizan.aroundModules = {
  before() { changed ??= difference(); },
  after() { look(); quick = null; ends = 0; added = false; },
};
mizan.changed = (thorough) => {
  if (changed !== undefined) return changed;
  ends += 1;
  // Preparing takes as long as some dozens of the thorough comparisons.
  if (quick === null && noticed && ends > 30) prepare();
  if (quick !== null && !thorough && !added && ends % 512 !== 0) {
    try {
      if (quick()) return undefined;
    } catch {
      // A global that is gone.
    }
  }
  added = false;
  return difference();
};
mizan.beginGuard = look;
