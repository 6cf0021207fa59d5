import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { AutoForm, confirmResetForm } from "../mizan/forms";
import { Link } from "../mizan/navigation";
import { openNextStep } from "../nextStep";

export { Layout as layout } from "../components/Layout";

interface ResetPasswordProps {
  /** The token of the link in the mail. */
  readonly token: string | null;
}

/** Sets a new password with the link in a mail. This ends all sessions of the account. */
export default function ResetPassword({
  token,
}: ResetPasswordProps): ReactNode {
  return (
    <Page title="Set a new password">
      <div className="card">
        {token ? (
          <Boundary>
            <AutoForm
              of={confirmResetForm}
              onSuccess={openNextStep}
              sent={
                <p>
                  Done. <Link href="/sign-in/">Sign in</Link>
                </p>
              }
            >
              Set password
            </AutoForm>
          </Boundary>
        ) : (
          <p>
            This link is incomplete.{" "}
            <Link href="/forgot-password/">Request a new link</Link>.
          </p>
        )}
      </div>
    </Page>
  );
}
