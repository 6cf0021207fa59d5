import type { ReactNode } from "react";
import { contract } from "../mizan";

/** The contract that the client on this page was generated from. */
export function Footer(): ReactNode {
  return (
    <footer className="footer">
      <p>
        An example of mizan. Its client was generated from contract{" "}
        <code>{contract}</code>.
      </p>
    </footer>
  );
}
