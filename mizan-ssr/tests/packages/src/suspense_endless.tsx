import { Suspense, use, useMemo } from "react";
import { later } from "./parts/later";

const Read = ({ promise }: { promise: Promise<string> }) => <b>{use(promise)}</b>;

/** A part that completes, and one that never does, so the render is aborted. */
export default function App() {
  const [soon, never] = useMemo(() => [later(1, "soon"), new Promise<string>(() => {})], []);
  return (
    <>
      <Suspense fallback={<i>soon</i>}><Read promise={soon} /></Suspense>
      <Suspense fallback={<i>never</i>}><p><Read promise={never} /><Suspense fallback={<i>inner</i>}><Read promise={never} /></Suspense></p></Suspense>
    </>
  );
}
