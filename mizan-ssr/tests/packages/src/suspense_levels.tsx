import { Suspense, use, useId, useMemo } from "react";
import type { ReactNode } from "react";
import { later } from "./parts/later";

/** A part that suspends for `after` steps, and then renders its children. */
function Level({ name, after, children }: { name: string; after: number; children?: ReactNode }) {
  return <Suspense fallback={<i>{name} waits</i>}><Shown promise={useMemo(() => later(after, name), [])}>{children}</Shown></Suspense>;
}

function Shown({ promise, children }: { promise: Promise<string>; children?: ReactNode }) {
  return <section id={useId()}>{use(promise)}{children}</section>;
}

export default function App() {
  return (
    <main>
      <Level name="a" after={1}>
        <Level name="a1" after={1}><Level name="a11" after={2} /></Level>
        <Level name="a2" after={4} />
      </Level>
      <Level name="b" after={3}>text</Level>
      <table><tbody><Suspense fallback={<tr><td>row</td></tr>}><Row promise={useMemo(() => later(6, "row"), [])} /></Suspense></tbody></table>
      <svg><Suspense fallback={<g />}><Path promise={useMemo(() => later(7, "M0 0"), [])} /></Suspense></svg>
    </main>
  );
}

const Row = ({ promise }: { promise: Promise<string> }) => <tr><td>{use(promise)}</td></tr>;
const Path = ({ promise }: { promise: Promise<string> }) => <path d={use(promise)} />;
