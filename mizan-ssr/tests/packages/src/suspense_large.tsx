import { Suspense, use, useMemo } from "react";
import { later } from "./parts/later";

const Rows = ({ from, promise }: { from: number; promise?: Promise<unknown> }) => {
  if (promise) use(promise);
  return <ul>{Array.from({ length: 500 }, (_, at) => <li key={at}>row {from + at} ü 🎉</li>)}</ul>;
};

/** Parts so large that React would send them after the shell although they are complete. */
export default function App() {
  const late = useMemo(() => later(1, null), []);
  return (
    <main>
      <Suspense fallback={<i>one</i>}><Rows from={0} /></Suspense>
      <Suspense fallback={<i>two</i>}><Rows from={500} promise={late} /></Suspense>
      <Suspense fallback={<i>three</i>}><Rows from={1000} /></Suspense>
    </main>
  );
}
