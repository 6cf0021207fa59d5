import type { ReactNode } from "react";
import { useCurrentUser, useSignIn, useSignOut } from "../mizan";
import { Failure } from "./Failure";

const users = [
  { id: "member", name: "Member" },
  { id: "staff", name: "Staff" },
  { id: "superuser", name: "Superuser" },
];

/** Signs in as one of the demo users, or out. */
export function UserSwitch(): ReactNode {
  const current = useCurrentUser();
  const signIn = useSignIn({ onMutate: () => signOut.reset() });
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
        {users.map((user) => (
          <button
            key={user.id}
            type="button"
            aria-pressed={current?.id === user.id}
            onClick={() => signIn.mutate({ user: user.id })}
          >
            {user.name}
          </button>
        ))}
      </div>
      {error && <Failure error={error} />}
    </div>
  );
}
