import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { SignInFirst } from "../components/SignInFirst";
import { useCurrentUser } from "../mizan";
import { AutoForm, profileForm } from "../mizan/forms";

export { Layout as layout } from "../components/Layout";

/** A form that `AutoForm` renders from its definition. */
export default function Profile(): ReactNode {
  return (
    <Page title="Edit profile">
      <p className="lead">
        <code>AutoForm</code> renders this form from a struct in Rust. The
        server checks while you type whether your name is still available.
      </p>
      <Boundary>
        <EditProfile />
      </Boundary>
    </Page>
  );
}

function EditProfile(): ReactNode {
  const user = useCurrentUser();
  if (!user) return <SignInFirst next="/profile/" to="to edit your profile" />;
  return (
    <div className="card">
      <AutoForm key={user.id} of={profileForm} sent="Your profile was saved.">
        Save profile
      </AutoForm>
    </div>
  );
}
