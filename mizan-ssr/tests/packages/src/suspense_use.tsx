import { Suspense, createContext, use, useId, useMemo } from "react";
import { later } from "./parts/later";

const Data = createContext<Promise<string>>(Promise.resolve(""));
const Read = ({ from }: { from: Promise<string> }) => <b id={useId()}>{use(from)}</b>;
const Context = () => <u>{use(use(Data))}</u>;

async function Async({ after }: { after: number }) {
  return <p>async {await later(after, "done")}</p>;
}

/** Promises created outside of the suspending components, one after the other. */
export default function App() {
  const [now, soon, then] = useMemo(() => [Promise.resolve("now"), later(1, "soon"), later(3, "then")], []);
  return (
    <Data value={soon}>
      <Suspense fallback={<i>wait for now</i>}><Read from={now} /></Suspense>
      <Suspense fallback={<i>wait for then</i>}><Read from={then} /> and <Context /></Suspense>
      <Suspense fallback={<i>wait for soon</i>}><Read from={soon} /></Suspense>
      <Suspense fallback={<i>wait for the component</i>}><Async after={2} /></Suspense>
    </Data>
  );
}
