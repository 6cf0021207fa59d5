import type { ReactNode } from "react";
import { useConfirmed } from "../mizan";
import {
  AutoForm,
  changeEmailForm,
  deleteAccountForm,
  reauthenticateForm,
} from "../mizan/forms";
import { Boundary } from "./Boundary";
import { Failure } from "./Failure";

/** What only somebody may do who showed a short while ago that it is them: until then, asks for that. */
export function SensitiveForms(): ReactNode {
  const { error, isPending, refetch } = useConfirmed();
  const ask = (): void => void refetch();
  if (isPending) return <p className="waiting">Loading…</p>;
  if (error?.code === "reauthenticate")
    return (
      <section className="card">
        <h2>Is it you?</h2>
        <p>
          To use another address or to delete your account, enter your password
          again.
        </p>
        <Boundary>
          <AutoForm of={reauthenticateForm}>Confirm</AutoForm>
        </Boundary>
      </section>
    );
  if (error) return <Failure error={error} onRetry={ask} />;
  return (
    <>
      <section className="card">
        <h2>Change your address</h2>
        <Boundary>
          <AutoForm
            of={changeEmailForm}
            onError={ask}
            sent="We sent a link to the new address. Open it to use that from now on."
          >
            Change address
          </AutoForm>
        </Boundary>
      </section>
      <section className="card">
        <h2>Delete your account</h2>
        <p>It is gone for good.</p>
        <Boundary>
          <AutoForm of={deleteAccountForm} onError={ask} next="/sign-up/">
            Delete account
          </AutoForm>
        </Boundary>
      </section>
    </>
  );
}
