import type { ReactNode } from "react";
import { Page } from "../components/Page";
import { Problem } from "../components/Problem";
import { useClearMails, useMails, type MailOut } from "../mizan";

export { Layout as layout } from "../components/Layout";

/** The interval in milliseconds at which the page looks for new mails. */
const refreshInterval = 2_000;

/** The mails that the application sent. */
export default function Mail(): ReactNode {
  return (
    <Page title="Mail">
      <p className="lead">
        The last mails that the application sent since it started, the newest
        first. Their links and codes work.
      </p>
      <Mails />
    </Page>
  );
}

function Mails(): ReactNode {
  const mails = useMails({ refetchInterval: refreshInterval });
  const clear = useClearMails();
  if (mails.error) return <Problem error={mails.error} />;
  if (!mails.data) return <p className="waiting">Loading…</p>;
  if (mails.data.length === 0)
    return (
      <p className="notice" role="status">
        There are no mails yet. They appear here within two seconds.
      </p>
    );
  return (
    <>
      <button type="button" className="quiet" onClick={() => clear.mutate()}>
        Remove all mails
      </button>
      <ol className="mails" aria-label="Mails">
        {mails.data.map((mail, index) => (
          <li key={mails.data.length - index}>
            <MailText mail={mail} />
          </li>
        ))}
      </ol>
    </>
  );
}

function MailText({ mail }: { readonly mail: MailOut }): ReactNode {
  return (
    <article className="card mail">
      <h2>{mail.subject}</h2>
      <p className="hint">
        to {mail.to},{" "}
        <time dateTime={mail.at.toISOString()}>{timeOf(mail.at)}</time>
      </p>
      <p className="mail-text">
        {mail.text.split(/(https?:\/\/[^\s<>"]+)/).map((part, index) =>
          index % 2 === 1 ? (
            <a key={index} href={part}>
              {part}
            </a>
          ) : (
            part
          ),
        )}
      </p>
    </article>
  );
}

/** Returns an instant in UTC, in which the server and the browser agree. */
function timeOf(at: Date): string {
  return at
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");
}
