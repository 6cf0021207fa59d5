import { useState, type ReactNode } from "react";
import { useEndSessions, useListAccounts } from "../mizan";
import { minute } from "../time";
import { Failure } from "./Failure";

/** All accounts, a hundred at a time, with the button that signs their users out. */
export function AccountRows(): ReactNode {
  const [after, setAfter] = useState<string | null>(null);
  const { data, error } = useListAccounts({ after });
  const endSessions = useEndSessions();
  if (error) return <Failure error={error} />;
  return (
    <div className="card">
      {endSessions.error && <Failure error={endSessions.error} />}
      <ul className="rows" aria-label="Accounts">
        {data?.accounts.map((account) => (
          <li key={account.id}>
            <div>
              <p>
                {account.email}
                {account.staff && <span className="kind">staff</span>}
              </p>
              <p className="lead">
                {account.email_verified ? "Confirmed" : "Not confirmed"}, made{" "}
                {minute(account.created_at)}, signed in {account.sessions}×
              </p>
            </div>
            {account.sessions > 0 && (
              <button
                type="button"
                className="quiet"
                aria-label={`Sign ${account.email} out`}
                onClick={() => endSessions.mutate({ id: account.id })}
              >
                Sign out
              </button>
            )}
          </li>
        ))}
      </ul>
      {data?.after != null && (
        <button
          type="button"
          className="quiet"
          onClick={() => setAfter(data.after)}
        >
          More
        </button>
      )}
    </div>
  );
}
