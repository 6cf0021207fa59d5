import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { useResendCode } from "../mizan";
import { AutoForm, verifyCodeForm, verifyLinkForm } from "../mizan/forms";
import { Link } from "../mizan/navigation";
import { openNextStep } from "../nextStep";

export { Layout as layout } from "../components/Layout";

interface VerifyEmailProps {
  /** The ticket of the flow for which a code was sent. */
  readonly ticket: string | null;
  /** The token of the link in the mail. */
  readonly token: string | null;
}

/** Confirms an email address with the code or the link in the mail. */
export default function VerifyEmail(props: VerifyEmailProps): ReactNode {
  const { ticket, token } = props;
  return (
    <Page title="Confirm your email address">
      <div className="card">
        <Boundary>
          {token ? (
            <AutoForm of={verifyLinkForm} onSuccess={openNextStep} sent={sent}>
              Confirm
            </AutoForm>
          ) : ticket ? (
            <>
              <p>We sent you a mail with a code.</p>
              <AutoForm
                of={verifyCodeForm}
                onSuccess={openNextStep}
                sent={sent}
              >
                Confirm
              </AutoForm>
              <Resend ticket={ticket} />
            </>
          ) : (
            <p>
              Open the link in the mail, or{" "}
              <Link href="/sign-in/">sign in</Link> to get a new one.
            </p>
          )}
        </Boundary>
      </div>
    </Page>
  );
}

const sent = (
  <p>
    Your address is confirmed. <Link href="/">Go to the home page</Link>.
  </p>
);

function Resend({ ticket }: { readonly ticket: string }): ReactNode {
  const resend = useResendCode({ onSuccess: openNextStep });
  return (
    <div>
      <button
        type="button"
        disabled={resend.isPending}
        onClick={() => resend.mutate({ ticket })}
      >
        Send another code
      </button>
      {resend.error && <p role="alert">{resend.error.message}</p>}
    </div>
  );
}
