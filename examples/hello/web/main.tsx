import { createRoot } from "react-dom/client";
import { MizanProvider, useGreet } from "./mizan";

function Greeting() {
  const greeting = useGreet({ name: "World" });
  if (greeting.error) return <p>{greeting.error.message}</p>;
  return <p>{greeting.data ?? "…"}</p>;
}

createRoot(document.body).render(
  <MizanProvider>
    <Greeting />
  </MizanProvider>,
);
