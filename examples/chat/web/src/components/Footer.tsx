import type { ReactNode } from "react";
import { contract } from "../mizan";

/** What the client on this page was generated from. */
export function Footer(): ReactNode {
  return (
    <footer className="footer">
      <p>
        The client was generated from contract <code>{contract}</code>. The Rust
        shown is the source that the server was built from.
      </p>
    </footer>
  );
}
