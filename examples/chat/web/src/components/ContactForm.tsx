import type { ReactNode } from "react";
import { useContactForm } from "../mizan/forms";

/** The contact form. */
export function ContactForm(): ReactNode {
  const form = useContactForm();
  if (form.sent)
    return (
      <form.Sent className="card">
        <h2>Thank you.</h2>
        <p>We received your message and will reply by email.</p>
        <a href="/contact/">Send another message</a>
      </form.Sent>
    );
  return (
    <form.Form className="card form">
      <form.Errors />
      <div className="columns">
        <form.Field name="name" />
        <form.Field name="email" />
      </div>
      <form.Field name="message" />
      <form.Field name="image" />
      <form.Array name="phones" add="Add a phone number">
        {(row) => (
          <div className="columns">
            <row.Field name="kind" />
            <row.Field name="number" />
          </div>
        )}
      </form.Array>
      {form.progress !== undefined && (
        <progress value={form.progress} max={1} aria-label="Upload progress" />
      )}
      <form.Submit className="primary">Send message</form.Submit>
    </form.Form>
  );
}
