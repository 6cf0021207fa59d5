// Runs one file of test262 and renders the outcome: nothing, or the name and the message of the error.
import { use } from "react";

/** Evaluates the files of the harness, which are scripts. */
async function defineHarness(includes) {
  for (const file of ["assert.js", "sta.js", ...includes]) {
    const { default: source } = await import(`./harness/${file}?raw`);
    (0, eval)(source);
  }
}

async function run({ file, includes, isAsync }) {
  await defineHarness(includes);
  const done = new Promise((resolve, reject) => {
    globalThis.$DONE = (error) => (error ? reject(error) : resolve());
  });
  await import(`./language/${file}`);
  if (isAsync) await done;
}

let outcome;

export default function Run(props) {
  outcome ??= run(props).then(
    () => null,
    (error) => ({ name: error?.constructor?.name, message: error?.message ?? String(error) }),
  );
  const error = use(outcome);
  return error && <pre>{`${error.name}: ${error.message}`}</pre>;
}
