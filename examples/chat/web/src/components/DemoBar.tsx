import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useApi, useCurrentUser, useDemoAccounts, useSignOut } from "../mizan";
import { Problem } from "./Problem";

/** A bar of buttons that sign in with a demo account or sign out. Each button is a form, so it works without JavaScript. */
export function DemoBar({ path }: { readonly path: string }): ReactNode {
  const current = useCurrentUser();
  const demos = useDemoAccounts();
  const signIn = useMutation({
    ...useApi().forms.signIn.submit.mutationOptions(),
    onMutate: () => signOut.reset(),
  });
  const signOut = useSignOut({ onMutate: () => signIn.reset() });
  const error = signIn.error ?? signOut.error;
  return (
    <aside className="demo" aria-label="Demo">
      <div className="demo-row">
        <span className="demo-label" id="demo-label">
          Try the demo as
        </span>
        <div className="switch" role="group" aria-labelledby="demo-label">
          <SwitchForm
            action="/api/mizan/form/leave"
            path={path}
            onSubmit={() => signOut.mutate()}
            isCurrent={current === null}
          >
            Visitor
          </SwitchForm>
          {demos.map(({ name, email, password }) => (
            <SwitchForm
              key={email}
              action="/api/mizan/form/sign_in"
              path={path}
              values={{ email, password }}
              onSubmit={() => signIn.mutate({ email, password })}
              isCurrent={current?.email === email}
            >
              {name}
            </SwitchForm>
          ))}
        </div>
      </div>
      {error && <Problem error={error} />}
    </aside>
  );
}

interface SwitchFormProps {
  readonly action: string;
  /** The page to return to. */
  readonly path: string;
  readonly values?: Readonly<Record<string, string>>;
  readonly onSubmit: () => void;
  readonly isCurrent: boolean;
  readonly children: ReactNode;
}

function SwitchForm(props: SwitchFormProps): ReactNode {
  const { action, path, values = {}, onSubmit, isCurrent, children } = props;
  return (
    <form
      method="post"
      action={action}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <input type="hidden" name="__page" value={path} />
      <input type="hidden" name="__next" value={path} />
      {Object.entries(values).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <button type="submit" aria-pressed={isCurrent}>
        {children}
      </button>
    </form>
  );
}
