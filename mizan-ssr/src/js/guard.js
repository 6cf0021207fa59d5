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
let changed;
// A module may add a polyfill while it is evaluated. What changed before that is remembered.
mizan.aroundModules = {
  before() { changed ??= difference(); },
  after() { look(); },
};
mizan.changed = () => changed ?? difference();
mizan.beginGuard = look;
