import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Layout } from "../components/Layout";
import { AutoForm, confirmResetForm } from "../mizan/forms";
import { follow } from "../nextStep";

/** Sets a new password by the link in an email. Every session of the account ends. */
export default function ResetPassword(): ReactNode {
  return (
    <Layout path="/reset-password/" title="Set a new password">
      <div className="card">
        <Boundary>
          <AutoForm
            of={confirmResetForm}
            onSuccess={follow}
            sent={
              <p>
                Your password was changed. <a href="/sign-in/">Sign in</a>
              </p>
            }
          >
            Set password
          </AutoForm>
        </Boundary>
      </div>
      <p>
        Has the link expired?{" "}
        <a href="/forgot-password/">Request a new link</a>.
      </p>
    </Layout>
  );
}
