import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Layout } from "../components/Layout";
import { AutoForm, confirmResetForm } from "../mizan/forms";
import { follow } from "../nextStep";

/** Sets a new password by the link in a mail. Every session of the account ends. */
export default function ResetPassword(): ReactNode {
  return (
    <Layout title="Set a new password">
      <div className="card">
        <Boundary>
          <AutoForm
            of={confirmResetForm}
            onSuccess={follow}
            sent={
              <p>
                Your password is set. <a href="/sign-in/">Sign in</a>
              </p>
            }
          >
            Set password
          </AutoForm>
        </Boundary>
      </div>
      <p>
        The link does not work any more?{" "}
        <a href="/forgot-password/">Get another</a>.
      </p>
    </Layout>
  );
}
