import type { ReactNode } from "react";

/** Sends whoever is not signed in to where they can be, and back to the path `next`. */
export function SignInFirst({ next }: { readonly next: string }): ReactNode {
  return (
    <div className="card">
      <p>You are not signed in.</p>
      <p>
        <a href={`/sign-in/?next=${encodeURIComponent(next)}`}>Sign in</a>, or{" "}
        <a href="/sign-up/">make an account</a>.
      </p>
    </div>
  );
}
