import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { AutoForm, requestResetForm } from "../mizan/forms";

export { Layout as layout } from "../components/Layout";

/** Requests an email with a link to set a new password. The page is the same if the address has no account. */
export default function ForgotPassword(): ReactNode {
  return (
    <Page title="Forgot your password?">
      <p className="lead">
        Enter your email address, and we will send you a link to set a new
        password.
      </p>
      <div className="card">
        <Boundary>
          <AutoForm
            of={requestResetForm}
            sent="Check your inbox: we sent you an email with the next steps."
          >
            Send reset link
          </AutoForm>
        </Boundary>
      </div>
    </Page>
  );
}
