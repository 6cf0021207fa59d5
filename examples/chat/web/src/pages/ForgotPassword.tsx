import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Layout } from "../components/Layout";
import { AutoForm, requestResetForm } from "../mizan/forms";

/** Sends an email to set a new password, whether or not the address has an account. */
export default function ForgotPassword(): ReactNode {
  return (
    <Layout path="/forgot-password/" title="Forgot your password?">
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
    </Layout>
  );
}
