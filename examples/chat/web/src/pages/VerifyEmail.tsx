import type { ReactNode } from "react";
import { Link } from "../mizan/navigation";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { Problem } from "../components/Problem";
import { useResendCode } from "../mizan";
import { AutoForm, verifyCodeForm, verifyLinkForm } from "../mizan/forms";
import { openNextStep } from "../nextStep";

export { Layout as layout } from "../components/Layout";

interface VerifyEmailProps {
  /** The ticket of the flow for which a code was sent. */
  readonly ticket: string | null;
  /** The token of the link in the email. */
  readonly token: string | null;
}

/** Confirms an email address with the code or the link in the mail. */
export default function VerifyEmail({
  ticket,
  token,
}: VerifyEmailProps): ReactNode {
  return (
    <Page title="Confirm your email address">
      {token !== null ? (
        <ByLink />
      ) : ticket !== null ? (
        <ByCode ticket={ticket} />
      ) : (
        <div className="card empty">
          <p>
            Open the link in the email that we sent you, or sign in to get a new
            code.
          </p>
        </div>
      )}
      <p>
        Has the code or link expired? <Link href="/sign-in/">Sign in</Link> to
        get a new one.
      </p>
    </Page>
  );
}

const sent = (
  <p>
    Your email address is confirmed.{" "}
    <Link href="/account/">Go to your account</Link>
  </p>
);

function ByLink(): ReactNode {
  return (
    <div className="card">
      <Boundary>
        <AutoForm of={verifyLinkForm} onSuccess={openNextStep} sent={sent}>
          Confirm
        </AutoForm>
      </Boundary>
    </div>
  );
}

function ByCode({ ticket }: { readonly ticket: string }): ReactNode {
  const resend = useResendCode({ onSuccess: openNextStep });
  return (
    <div className="card">
      <Boundary>
        <AutoForm of={verifyCodeForm} onSuccess={openNextStep} sent={sent}>
          Confirm
        </AutoForm>
      </Boundary>
      <div className="form-row">
        <span className="count">No email? Check your spam folder.</span>
        <button
          type="button"
          className="quiet"
          disabled={resend.isPending}
          onClick={() => resend.mutate({ ticket })}
        >
          Send another code
        </button>
      </div>
      {resend.error && <Problem error={resend.error} />}
    </div>
  );
}
