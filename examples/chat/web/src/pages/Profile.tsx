import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Layout } from "../components/Layout";
import { useCurrentUser } from "../mizan";
import { AutoForm, profileForm } from "../mizan/forms";

/** A form that is drawn from its declaration alone. */
export default function Profile(): ReactNode {
  return (
    <Layout title="Edit profile">
      <p className="lead">
        This form has no markup of its own: <code>AutoForm</code> draws it from
        the struct. Whether a name is free only the server knows, and it tells
        while you type.
      </p>
      <Boundary>
        <EditProfile />
      </Boundary>
    </Layout>
  );
}

function EditProfile(): ReactNode {
  const user = useCurrentUser();
  if (!user)
    return (
      <p className="card">
        Sign in as somebody at the top, or with{" "}
        <a href="/sign-in/">an account of your own</a>, and your profile appears
        here.
      </p>
    );
  return (
    <div className="card">
      <AutoForm key={user.id} of={profileForm} sent="Your profile is saved.">
        Save
      </AutoForm>
    </div>
  );
}
