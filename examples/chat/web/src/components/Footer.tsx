import type { ReactNode } from "react";
import { contract } from "../mizan";

/** The footer, with the contract hash of the generated client. */
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
