import type { ReactNode } from "react";
import { Link } from "../mizan/navigation";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { SignInFirst } from "../components/SignInFirst";
import { useAccount } from "../mizan";
import { AutoForm, confirmEmailForm } from "../mizan/forms";

export { Layout as layout } from "../components/Layout";

interface ChangeEmailProps {
  /** The token of the link in the email. */
  readonly token: string | null;
}

/** Confirms a new email address with the link in the mail. */
export default function ChangeEmail({ token }: ChangeEmailProps): ReactNode {
  return (
    <Page title="Confirm your new email address">
      <Boundary>
        {token === null ? <IncompleteLink /> : <Confirm token={token} />}
      </Boundary>
    </Page>
  );
}

function IncompleteLink(): ReactNode {
  return (
    <div className="card empty">
      <p>
        This link is incomplete. Open the link in the email that we sent you, or
        request a new one from your account.
      </p>
      <div className="form-row">
        <Link className="button primary" href="/account/">
          Go to your account
        </Link>
      </div>
    </div>
  );
}

function Confirm({ token }: { readonly token: string }): ReactNode {
  const account = useAccount();
  if (!account)
    return (
      <SignInFirst
        next={`/change-email/?${new URLSearchParams({ token })}`}
        to="to confirm your new email address"
      />
    );
  return (
    <div className="card">
      <p>
        You are signed in as <strong>{account.email}</strong>.
      </p>
      <Boundary>
        <AutoForm
          of={confirmEmailForm}
          sent={
            <p>
              Your email address was changed.{" "}
              <Link href="/account/">Go to your account</Link>
            </p>
          }
        >
          Confirm new email address
        </AutoForm>
      </Boundary>
    </div>
  );
}
