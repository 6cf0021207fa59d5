import { useState, type ReactNode } from "react";
import { useGreet } from "./mizan";

/** Calls the function `greet` of the server. */
export function App(): ReactNode {
  const [name, setName] = useState("World");
  const greeting = useGreet({ name });
  return (
    <main>
      <h1>{greeting.error?.message ?? greeting.data ?? "…"}</h1>
      <label>
        Your name
        <input value={name} onChange={(event) => setName(event.target.value)} />
      </label>
      <p>
        The function is in <code>src/lib.rs</code>, this component in{" "}
        <code>web/src/App.tsx</code>.
      </p>
    </main>
  );
}
