import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { ContactForm } from "../components/ContactForm";
import { Page } from "../components/Page";

export { Layout as layout } from "../components/Layout";

/** A form with a custom layout. It works without JavaScript. */
export default function Contact(): ReactNode {
  return (
    <Page title="Contact us">
      <p className="lead">
        Questions or ideas? Send us a message, and we will reply by email. The
        form is one struct in Rust: the browser and the server validate it with
        the same rules, and it works without JavaScript.
      </p>
      <Boundary>
        <ContactForm />
      </Boundary>
    </Page>
  );
}
