import type { ReactNode } from "react";
import { Page } from "../components/Page";
import { SignInFirst } from "../components/SignInFirst";
import { useCurrentUser } from "../mizan";
import { Link } from "../mizan/navigation";
import { AutoForm, editMeetingForm } from "../mizan/forms";

export { Layout as layout } from "../components/Layout";

interface MeetingProps {
  /** The id of the meeting in the URL. */
  readonly id: number;
}

/**
 * A form for an object: its params identify the meeting, and the server authorizes each call.
 *
 * No boundary catches an error of the form's state, so that a meeting that does not exist is the page for 404,
 * and one of another host the page for 403.
 */
export default function Meeting({ id }: MeetingProps): ReactNode {
  return (
    <Page title="Edit meeting">
      <EditMeeting id={id} />
    </Page>
  );
}

function EditMeeting({ id }: MeetingProps): ReactNode {
  const user = useCurrentUser();
  if (!user)
    return <SignInFirst next={`/meetings/${id}/`} to="to edit the meeting" />;
  return (
    <div className="card">
      <AutoForm
        key={user.id}
        of={editMeetingForm}
        params={{ id }}
        sent="The meeting was saved."
      >
        Save meeting
      </AutoForm>
      <p>
        <Link href="/meetings/">All meetings</Link>
      </p>
    </div>
  );
}
