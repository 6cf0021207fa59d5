import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { AutoForm, requestResetForm } from "../mizan/forms";

export { Layout as layout } from "../components/Layout";

/** Requests a mail with a link to set a new password. */
export default function ForgotPassword(): ReactNode {
  return (
    <Page title="Forgot your password?">
      <div className="card">
        <Boundary>
          <AutoForm
            of={requestResetForm}
            sent="We sent you a mail with the next step."
          >
            Send link
          </AutoForm>
        </Boundary>
      </div>
    </Page>
  );
}
