import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Layout } from "../components/Layout";
import { AutoForm, confirmResetForm } from "../mizan/forms";
import { openNextStep } from "../nextStep";

interface ResetPasswordProps {
  /** The token of the link in the email. */
  readonly token: string | null;
}

/** Sets a new password with the link in an email. This ends all sessions of the account. */
export default function ResetPassword({
  token,
}: ResetPasswordProps): ReactNode {
  return (
    <Layout path="/reset-password/" title="Set a new password">
      {token === null ? <IncompleteLink /> : <NewPassword />}
    </Layout>
  );
}

function IncompleteLink(): ReactNode {
  return (
    <div className="card empty">
      <p>
        This link is incomplete. Open the link in the email that we sent you, or
        request a new one.
      </p>
      <div className="form-row">
        <a className="button primary" href="/forgot-password/">
          Request a new link
        </a>
      </div>
    </div>
  );
}

function NewPassword(): ReactNode {
  return (
    <>
      <div className="card">
        <Boundary>
          <AutoForm
            of={confirmResetForm}
            onSuccess={openNextStep}
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
        Has the link expired? <a href="/forgot-password/">Request a new link</a>
        .
      </p>
    </>
  );
}
