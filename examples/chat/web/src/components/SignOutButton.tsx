import type { ReactNode } from "react";
import { useSignOut } from "../mizan";

interface SignOutButtonProps {
  /** The page to return to. */
  readonly path: string;
  readonly className?: string;
}

/** A button that signs out. It submits the `leave` form, so it works without JavaScript. */
export function SignOutButton(props: SignOutButtonProps): ReactNode {
  const { path, className } = props;
  const signOut = useSignOut();
  return (
    <form
      method="post"
      action="/api/mizan/form/leave"
      onSubmit={(event) => {
        event.preventDefault();
        if (!signOut.isPending) signOut.mutate();
      }}
    >
      <input type="hidden" name="__page" value={path} />
      <input type="hidden" name="__next" value={path} />
      <button type="submit" className={className}>
        Sign out
      </button>
    </form>
  );
}
