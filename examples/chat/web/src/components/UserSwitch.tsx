import type { ReactNode } from "react";
import {
  useCurrentUser,
  useDemoAccounts,
  useSignInSubmit,
  useSignOut,
} from "../mizan";
import { Failure } from "./Failure";

/** Signs in with one of the demo's accounts, or out. */
export function UserSwitch(): ReactNode {
  const current = useCurrentUser();
  const demos = useDemoAccounts();
  const signIn = useSignInSubmit({ onMutate: () => signOut.reset() });
  const signOut = useSignOut({ onMutate: () => signIn.reset() });
  const error = signIn.error ?? signOut.error;
  return (
    <div className="session">
      <div className="switch" role="group" aria-label="Signed in as">
        <button
          type="button"
          aria-pressed={current === null}
          onClick={() => signOut.mutate()}
        >
          Nobody
        </button>
        {demos.map(({ name, email, password }) => (
          <button
            key={email}
            type="button"
            aria-pressed={current?.email === email}
            onClick={() => signIn.mutate({ email, password })}
          >
            {name}
          </button>
        ))}
      </div>
      {error && <Failure error={error} />}
    </div>
  );
}
