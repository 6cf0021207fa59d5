import type { ReactNode } from "react";
import {
  useRevokeOtherSessions,
  useRevokeSession,
  useSessions,
  useSignOut,
} from "../mizan";
import { minute } from "../time";
import { Failure } from "./Failure";

/** Where one is signed in, and the buttons that end it. */
export function SessionList(): ReactNode {
  const sessions = useSessions();
  const revoke = useRevokeSession();
  const revokeOthers = useRevokeOtherSessions();
  const signOut = useSignOut();
  const error =
    sessions.error ?? revoke.error ?? revokeOthers.error ?? signOut.error;
  return (
    <section className="card">
      <h2>Where you are signed in</h2>
      {error && <Failure error={error} />}
      <ul className="rows" aria-label="Sessions">
        {sessions.data?.map((session) => (
          <li key={session.id}>
            <div>
              <p>{session.user_agent || "An unknown device"}</p>
              <p className="lead">
                {session.current ? "This one, since " : "Last used "}
                {minute(
                  session.current ? session.created_at : session.last_used_at,
                )}
              </p>
            </div>
            {!session.current && (
              <button
                type="button"
                className="quiet"
                onClick={() => revoke.mutate({ id: session.id })}
              >
                Sign out there
              </button>
            )}
          </li>
        ))}
      </ul>
      <div className="form-row">
        <button
          type="button"
          className="primary"
          onClick={() => signOut.mutate()}
        >
          Sign out
        </button>
        {sessions.data && sessions.data.length > 1 && (
          <button
            type="button"
            className="quiet"
            onClick={() => revokeOthers.mutate()}
          >
            Sign out everywhere else
          </button>
        )}
      </div>
    </section>
  );
}
