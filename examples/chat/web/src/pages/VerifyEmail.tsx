import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Failure } from "../components/Failure";
import { Layout } from "../components/Layout";
import { useResendCode } from "../mizan";
import { AutoForm, verifyCodeForm, verifyLinkForm } from "../mizan/forms";
import { follow } from "../nextStep";

interface VerifyEmailProps {
  /** Names the flow for which a code was sent. */
  readonly ticket: string | null;
  /** What the link in the mail has. */
  readonly token: string | null;
}

/** Confirms an address, by the code in the mail or by the link in it. */
export default function VerifyEmail({
  ticket,
  token,
}: VerifyEmailProps): ReactNode {
  return (
    <Layout title="Confirm your address">
      {token !== null ? (
        <ByLink />
      ) : ticket !== null ? (
        <ByCode ticket={ticket} />
      ) : (
        <p className="card">
          Open the link in the mail, or sign in to get another.
        </p>
      )}
      <p>
        Nothing works any more? <a href="/sign-in/">Sign in</a> to begin anew.
      </p>
    </Layout>
  );
}

const sent = (
  <p>
    Your address is confirmed. <a href="/account/">Go on</a>
  </p>
);

function ByLink(): ReactNode {
  return (
    <div className="card">
      <Boundary>
        <AutoForm of={verifyLinkForm} onSuccess={follow} sent={sent}>
          Confirm
        </AutoForm>
      </Boundary>
    </div>
  );
}

function ByCode({ ticket }: { readonly ticket: string }): ReactNode {
  const resend = useResendCode({ onSuccess: follow });
  return (
    <div className="card">
      <Boundary>
        <AutoForm of={verifyCodeForm} onSuccess={follow} sent={sent}>
          Confirm
        </AutoForm>
      </Boundary>
      <div className="form-row">
        <span className="count">No mail?</span>
        <button
          type="button"
          className="quiet"
          disabled={resend.isPending}
          onClick={() => resend.mutate({ ticket })}
        >
          Send another code
        </button>
      </div>
      {resend.error && <Failure error={resend.error} />}
    </div>
  );
}
