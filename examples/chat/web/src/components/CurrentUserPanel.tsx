import type { ReactNode } from "react";
import { useCurrentUser } from "../mizan";
import { rust } from "../rust";
import typescript from "../snippets/current_user.tsx?raw";
import { Live } from "./Live";
import { Panel } from "./Panel";
import { Success } from "./Success";

/** `current_user`: a global context, fetched once for the whole page. */
export function CurrentUserPanel(): ReactNode {
  return (
    <Panel
      name="current_user"
      kind="global context"
      about="Any component can read it, and the page fetches it once. A visitor is None in Rust and null in TypeScript."
      rust={rust("pub async fn current_user")}
      typescript={typescript}
    >
      <Live>
        <CurrentUser />
      </Live>
    </Panel>
  );
}

function CurrentUser(): ReactNode {
  const user = useCurrentUser();
  return (
    <Success>
      {user === null ? (
        <p className="answer">You are not signed in.</p>
      ) : (
        <dl className="facts">
          <dt>email</dt>
          <dd>{user.email}</dd>
          <dt>name</dt>
          <dd>{user.name}</dd>
          <dt>staff</dt>
          <dd>{user.staff ? "yes" : "no"}</dd>
          <dt>superuser</dt>
          <dd>{user.superuser ? "yes" : "no"}</dd>
        </dl>
      )}
    </Success>
  );
}
