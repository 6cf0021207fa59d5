import { Suspense, lazy } from "react";

const Lazy = lazy(() => import("./parts/Lazy"));
const Named = lazy(async () => ({ default: (await import("./parts/Lazy")).Named }));

export default function App() {
  return (
    <main>
      <Suspense fallback={<i>wait</i>}><Lazy name="one" /><Named /></Suspense>
      <Suspense fallback={<i>wait</i>}><Lazy name="two" /></Suspense>
      <Lazy name="without a boundary" />
    </main>
  );
}
