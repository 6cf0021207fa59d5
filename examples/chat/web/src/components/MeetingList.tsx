import type { ReactNode } from "react";
import {
  useAddMeeting,
  useExportMeetings,
  useListMeetings,
  useNextMeeting,
} from "../mizan";
import { Link } from "../mizan/navigation";
import { Moment } from "./Moment";
import { Problem } from "./Problem";

/** The meetings, with links that edit those of the user, and as a file. */
export function MeetingList(): ReactNode {
  const meetings = useListMeetings();
  const add = useAddMeeting();
  const file = useExportMeetings({ onSuccess: (download) => download.save() });
  const next = useNextMeeting();
  const error = meetings.error ?? add.error ?? file.error ?? next.error;
  return (
    <section className="card">
      {error && <Problem error={error} />}
      {meetings.isPending && <p className="waiting">Loading…</p>}
      {meetings.data?.length === 0 && <p>There are no meetings yet.</p>}
      {meetings.data && meetings.data.length > 0 && (
        <ul className="rows" aria-label="Meetings">
          {meetings.data.map((meeting) => (
            <li key={meeting.id}>
              <div>
                <p>{meeting.title}</p>
                <p className="lead">
                  <Moment at={meeting.begins_at} />, with {meeting.host}
                </p>
              </div>
              {meeting.own && (
                <Link
                  className="button quiet"
                  href={`/meetings/${meeting.id}/`}
                  aria-label={`Edit ${meeting.title}`}
                >
                  Edit
                </Link>
              )}
            </li>
          ))}
        </ul>
      )}
      <div className="form-row">
        <button type="button" className="quiet" onClick={() => add.mutate()}>
          Add a meeting
        </button>
        <button type="button" className="quiet" onClick={() => next.mutate()}>
          My next meeting
        </button>
        <button type="button" className="quiet" onClick={() => file.mutate()}>
          Save as a file
        </button>
      </div>
    </section>
  );
}
