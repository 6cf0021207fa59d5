import type { ReactNode } from "react";
import { deviceName } from "../device";
import {
  useRevokeOtherSessions,
  useRevokeSession,
  useSessions,
  useSignOut,
} from "../mizan";
import { Moment } from "./Moment";
import { Problem } from "./Problem";

/** The signed-in devices of the account, with buttons that sign them out. */
export function SessionList(): ReactNode {
  const sessions = useSessions();
  const revoke = useRevokeSession();
  const revokeOthers = useRevokeOtherSessions();
  const signOut = useSignOut();
  const error =
    sessions.error ?? revoke.error ?? revokeOthers.error ?? signOut.error;
  return (
    <section className="card">
      <h2>Your devices</h2>
      {error && <Problem error={error} />}
      {sessions.isPending && <p className="waiting">Loading…</p>}
      <ul className="rows" aria-label="Sessions">
        {sessions.data?.map((session) => {
          const device = deviceName(session.user_agent);
          return (
            <li key={session.id}>
              <div>
                <p>
                  {device}
                  {session.current && <span className="kind">This device</span>}
                </p>
                <p className="lead">
                  {session.current ? "Signed in " : "Last active "}
                  <Moment
                    at={
                      session.current
                        ? session.created_at
                        : session.last_used_at
                    }
                  />
                </p>
              </div>
              {!session.current && (
                <button
                  type="button"
                  className="quiet"
                  aria-label={`Sign out ${device}`}
                  onClick={() => revoke.mutate({ id: session.id })}
                >
                  Sign out
                </button>
              )}
            </li>
          );
        })}
      </ul>
      <div className="form-row">
        <button
          type="button"
          className="quiet"
          onClick={() => signOut.mutate()}
        >
          Sign out of this device
        </button>
        {sessions.data && sessions.data.length > 1 && (
          <button
            type="button"
            className="quiet"
            onClick={() => revokeOthers.mutate()}
          >
            Sign out of all other devices
          </button>
        )}
      </div>
    </section>
  );
}
