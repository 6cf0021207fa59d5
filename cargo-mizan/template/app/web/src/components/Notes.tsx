import type { ReactNode } from "react";
import {
  useAccount,
  useLatestNotes,
  useNewNotesChannel,
  type Note,
} from "../mizan";
import { useAddNoteForm } from "../mizan/forms";
import { Link } from "../mizan/navigation";
import { Boundary } from "./Boundary";

/** The notes, and the form that adds one. */
export function Notes(): ReactNode {
  return (
    <section className="card notes" aria-labelledby="notes">
      <Boundary>
        <NoteList />
        <NoteForm />
      </Boundary>
    </section>
  );
}

/** The notes of the page, and those that others write while it is open. */
function NoteList(): ReactNode {
  const latest = useLatestNotes();
  const { messages, status } = useNewNotesChannel({});
  const notes = merge(
    messages.map((message) => message.data),
    latest.data ?? [],
  );
  return (
    <>
      <div className="notes-head">
        <h2 id="notes">Notes</h2>
        <p className="live" data-live={status === "live"} role="status">
          {status === "live" ? "Live" : "Connecting…"}
        </p>
      </div>
      {latest.error && <p role="alert">{latest.error.message}</p>}
      {notes.length === 0 && !latest.isPending && (
        <p className="muted">
          No notes yet. The first one appears here, in every open browser.
        </p>
      )}
      <ol className="note-list" aria-live="polite">
        {notes.map(({ id, author, text, created_at: createdAt }) => (
          <li key={String(id)}>
            <p className="muted">
              <strong>{author}</strong>{" "}
              <time dateTime={createdAt.toISOString()}>
                {createdAt.toISOString().slice(0, 10)}
              </time>
            </p>
            <p>{text}</p>
          </li>
        ))}
      </ol>
    </>
  );
}

/** Returns all notes without duplicates, the newest first. */
function merge(...lists: readonly (readonly Note[])[]): readonly Note[] {
  const byId = new Map(lists.flat().map((note) => [note.id, note]));
  return [...byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
}

/** The form, for users. */
function NoteForm(): ReactNode {
  const account = useAccount();
  if (account) return <AddNote key={account.id} />;
  return (
    <p className="muted">
      <Link href="/sign-in/?next=/">Sign in</Link> or{" "}
      <Link href="/sign-up/">create an account</Link> to write a note.
    </p>
  );
}

/** The browser and the server validate the form with the same rules. */
function AddNote(): ReactNode {
  const form = useAddNoteForm();
  return (
    <form.Form>
      <form.Errors />
      <form.Field name="text" />
      <form.Submit className="primary">Add note</form.Submit>
    </form.Form>
  );
}
