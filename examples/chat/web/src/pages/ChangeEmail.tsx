import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Layout } from "../components/Layout";
import { SignInFirst } from "../components/SignInFirst";
import { useAccount } from "../mizan";
import { AutoForm, confirmEmailForm } from "../mizan/forms";

interface ChangeEmailProps {
  /** What the link in the mail has. */
  readonly token: string | null;
}

/** Confirms a new address by the link that was sent to it. */
export default function ChangeEmail({ token }: ChangeEmailProps): ReactNode {
  return (
    <Layout title="Confirm your new address">
      <Boundary>
        <Confirm token={token ?? ""} />
      </Boundary>
    </Layout>
  );
}

function Confirm({ token }: { readonly token: string }): ReactNode {
  const account = useAccount();
  if (!account)
    return (
      <SignInFirst next={`/change-email/?${new URLSearchParams({ token })}`} />
    );
  return (
    <div className="card">
      <p>
        You are signed in as <strong>{account.email}</strong>.
      </p>
      <Boundary>
        <AutoForm
          of={confirmEmailForm}
          sent={<a href="/account/">Your address is changed.</a>}
        >
          Use the new address
        </AutoForm>
      </Boundary>
    </div>
  );
}
