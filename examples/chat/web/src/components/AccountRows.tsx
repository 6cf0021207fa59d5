import { useState, type ReactNode } from "react";
import { useEndSessions, useListAccounts } from "../mizan";
import { Moment } from "./Moment";
import { Problem } from "./Problem";

/** All accounts, a hundred per page, with buttons that sign their users out. */
export function AccountRows(): ReactNode {
  const [after, setAfter] = useState<string | null>(null);
  const { data, error } = useListAccounts({ after });
  const endSessions = useEndSessions();
  if (error) return <Problem error={error} />;
  if (!data) return <p className="waiting">Loading…</p>;
  return (
    <div className="card">
      {endSessions.error && <Problem error={endSessions.error} />}
      <ul className="rows" aria-label="Users">
        {data.accounts.map((account) => (
          <li key={account.id}>
            <div>
              <p>
                {account.email}
                {account.staff && <span className="kind">Staff</span>}
              </p>
              <p className="lead">
                {account.email_verified
                  ? "Email confirmed"
                  : "Email not confirmed"}{" "}
                · {sessions(account.sessions)}
              </p>
              <p className="lead">
                Joined <Moment at={account.created_at} />
              </p>
            </div>
            {account.sessions > 0 && (
              <button
                type="button"
                className="quiet"
                aria-label={`Sign out ${account.email}`}
                onClick={() => endSessions.mutate({ id: account.id })}
              >
                Sign out
              </button>
            )}
          </li>
        ))}
      </ul>
      {data.after !== null && (
        <button
          type="button"
          className="quiet"
          onClick={() => setAfter(data.after)}
        >
          Show more
        </button>
      )}
    </div>
  );
}

function sessions(count: number): string {
  if (count === 0) return "No active sessions";
  return count === 1 ? "1 active session" : `${count} active sessions`;
}
