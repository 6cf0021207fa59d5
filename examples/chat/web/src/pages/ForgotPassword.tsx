import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Layout } from "../components/Layout";
import { AutoForm, requestResetForm } from "../mizan/forms";

/** Sends a mail that sets a new password, whether or not there is an account. */
export default function ForgotPassword(): ReactNode {
  return (
    <Layout title="Forgot your password?">
      <p className="lead">
        We send you a link to set a new one with. This page says the same
        whether or not the address has an account; the mail tells.
      </p>
      <div className="card">
        <Boundary>
          <AutoForm
            of={requestResetForm}
            sent="We sent you a mail. What to do is in it."
          >
            Send the link
          </AutoForm>
        </Boundary>
      </div>
    </Layout>
  );
}
