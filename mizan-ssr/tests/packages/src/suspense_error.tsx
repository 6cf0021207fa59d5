import { Component, Suspense, use, useMemo } from "react";
import type { ReactNode } from "react";
import { later } from "./parts/later";

/** An error boundary, which React's server ignores. */
class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  static getDerivedStateFromError() {
    return { failed: true };
  }
  state = { failed: false };
  render() {
    return this.state.failed ? <b>failed</b> : this.props.children;
  }
}

function Fails({ promise }: { promise?: Promise<unknown> }): ReactNode {
  if (promise) use(promise);
  throw new TypeError("</template><script>");
}

export default function App() {
  const late = useMemo(() => later(1, null), []);
  const rejected = useMemo(() => later(2, null).then(() => { throw new Error("rejected"); }), []);
  return (
    <Boundary>
      <Suspense fallback={<i>at once</i>}><p>before</p><Fails /></Suspense>
      <Suspense fallback={<i>late</i>}><Fails promise={late} /></Suspense>
      <Suspense fallback={<i>rejected</i>}><Fails promise={rejected} /></Suspense>
      <Suspense fallback={<Suspense fallback={<i>inner</i>}><Fails /></Suspense>}><Fails promise={late} /></Suspense>
      <p>after</p>
    </Boundary>
  );
}
