import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { ContactForm } from "../components/ContactForm";
import { Layout } from "../components/Layout";

/** A form with every part placed by hand. It works before, and without, JavaScript. */
export default function Contact(): ReactNode {
  return (
    <Layout title="Contact us">
      <p className="lead">
        One struct in Rust says what this form is. The browser and the server
        hold it to the same rules, in the same words; without JavaScript it is
        an ordinary form.
      </p>
      <Boundary>
        <ContactForm />
      </Boundary>
    </Layout>
  );
}
