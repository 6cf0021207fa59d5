import type { ReactNode } from "react";
import { Link } from "../mizan/navigation";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { AutoForm, confirmResetForm } from "../mizan/forms";
import { openNextStep } from "../nextStep";

export { Layout as layout } from "../components/Layout";

interface ResetPasswordProps {
  /** The token of the link in the email. */
  readonly token: string | null;
}

/** Sets a new password with the link in an email. This ends all sessions of the account. */
export default function ResetPassword({
  token,
}: ResetPasswordProps): ReactNode {
  return (
    <Page title="Set a new password">
      {token === null ? <IncompleteLink /> : <NewPassword />}
    </Page>
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
        <Link className="button primary" href="/forgot-password/">
          Request a new link
        </Link>
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
                Your password was changed. <Link href="/sign-in/">Sign in</Link>
              </p>
            }
          >
            Set password
          </AutoForm>
        </Boundary>
      </div>
      <p>
        Has the link expired?{" "}
        <Link href="/forgot-password/">Request a new link</Link>.
      </p>
    </>
  );
}
