import { useEffect, useRef, type ReactNode, type RefObject } from "react";
import { useConfirmed, type CallError } from "../mizan";
import {
  AutoForm,
  changeEmailForm,
  deleteAccountForm,
  reauthenticateForm,
} from "../mizan/forms";
import { Boundary } from "./Boundary";
import { Problem } from "./Problem";

/** The forms that require a recent password check. They ask for the password first if it has expired. */
export function SensitiveForms(): ReactNode {
  const { error, isPending, refetch } = useConfirmed();
  const isAsking = error?.code === "reauthenticate";
  const [heading, moveFocus] = useFocusAfterSwap(isPending ? null : isAsking);
  const ask = (): void => void refetch();
  const onError = (refused: CallError): void => {
    if (refused.code === "reauthenticate") moveFocus();
    ask();
  };
  if (isPending) return <p className="waiting">Loading…</p>;
  if (isAsking)
    return (
      <section className="card">
        <h2 ref={heading} tabIndex={-1}>
          Confirm that it is you
        </h2>
        <p>
          Enter your password again to change your email address or to delete
          your account.
        </p>
        <Boundary>
          <AutoForm of={reauthenticateForm} onSuccess={moveFocus}>
            Confirm
          </AutoForm>
        </Boundary>
      </section>
    );
  if (error) return <Problem error={error} onRetry={ask} />;
  return (
    <>
      <section className="card">
        <h2 ref={heading} tabIndex={-1}>
          Change your email address
        </h2>
        <Boundary>
          <AutoForm
            of={changeEmailForm}
            onError={onError}
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
          <AutoForm of={deleteAccountForm} onError={onError} next="/sign-up/">
            Delete account
          </AutoForm>
        </Boundary>
      </section>
    </>
  );
}

/**
 * Moves the focus to a heading after other forms have replaced the focused one. Otherwise the focus would
 * return to the top of the page. `shown` names the displayed forms, and is `null` while they load.
 */
function useFocusAfterSwap(
  shown: boolean | null,
): [RefObject<HTMLHeadingElement | null>, () => void] {
  const heading = useRef<HTMLHeadingElement>(null);
  const isWanted = useRef(false);
  const before = useRef(shown);
  useEffect(() => {
    if (shown === null || shown === before.current) return;
    before.current = shown;
    if (isWanted.current) heading.current?.focus();
    isWanted.current = false;
  }, [shown]);
  return [heading, () => void (isWanted.current = true)];
}
