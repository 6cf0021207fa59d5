import { Suspense, use, useMemo } from "react";
import { preload } from "react-dom";
import { later } from "./parts/later";

function Styled({ promise }: { promise: Promise<string> }) {
  const name = use(promise);
  preload(`/${name}.png`, { as: "image" });
  return (
    <>
      <link rel="stylesheet" href={`/${name}.css`} precedence={name} />
      <style href={name} precedence="own">{`.${name} { color: red }`}</style>
      <title>{name}</title>
      <script async src={`/${name}.js`} />
      <p className={name}>{name}</p>
    </>
  );
}

/** Style sheets that only suspended content needs. */
export default function App() {
  const [one, two] = useMemo(() => [later(1, "one"), later(2, "two")], []);
  return (
    <div>
      <link rel="stylesheet" href="/base.css" precedence="base" />
      <Suspense fallback={<i>one</i>}><Styled promise={one} /></Suspense>
      <Suspense fallback={<i>two</i>}><Styled promise={two} /></Suspense>
    </div>
  );
}
