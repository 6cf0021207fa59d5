import type { ReactNode } from "react";
import { Link } from "../mizan/navigation";

interface SignInFirstProps {
  /** The path to return to. */
  readonly next: string;
  /** The purpose of the page, such as "to see your account". */
  readonly to: string;
}

/** Asks visitors to sign in or sign up first. */
export function SignInFirst({ next, to }: SignInFirstProps): ReactNode {
  const query = new URLSearchParams({ next });
  return (
    <div className="card empty">
      <p>You are not signed in. Sign in {to}.</p>
      <div className="form-row">
        <Link className="button primary" href={`/sign-in/?${query}`}>
          Sign in
        </Link>
        <Link className="button quiet" href="/sign-up/">
          Create an account
        </Link>
      </div>
    </div>
  );
}
