import type { ReactNode } from "react";
import { useConfirmed } from "../mizan";
import {
  AutoForm,
  changeEmailForm,
  deleteAccountForm,
  reauthenticateForm,
} from "../mizan/forms";
import { Boundary } from "./Boundary";
import { Problem } from "./Problem";

/** The forms that need a recent password check. They ask for the password first where that is too long ago. */
export function SensitiveForms(): ReactNode {
  const { error, isPending, refetch } = useConfirmed();
  const ask = (): void => void refetch();
  if (isPending) return <p className="waiting">Loading…</p>;
  if (error?.code === "reauthenticate")
    return (
      <section className="card">
        <h2>Confirm that it is you</h2>
        <p>
          Enter your password again to change your email address or to delete
          your account.
        </p>
        <Boundary>
          <AutoForm of={reauthenticateForm}>Confirm</AutoForm>
        </Boundary>
      </section>
    );
  if (error) return <Problem error={error} onRetry={ask} />;
  return (
    <>
      <section className="card">
        <h2>Change your email address</h2>
        <Boundary>
          <AutoForm
            of={changeEmailForm}
            onError={ask}
            sent="Check your inbox: we sent a confirmation link to your new email address."
          >
            Change email address
          </AutoForm>
        </Boundary>
      </section>
      <section className="card danger-zone">
        <h2>Delete your account</h2>
        <p>
          This deletes your account and signs you out on all devices. It cannot
          be undone.
        </p>
        <Boundary>
          <AutoForm of={deleteAccountForm} onError={ask} next="/sign-up/">
            Delete account
          </AutoForm>
        </Boundary>
      </section>
    </>
  );
}
