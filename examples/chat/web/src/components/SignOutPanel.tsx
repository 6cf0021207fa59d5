import type { ReactNode } from "react";
import { useSignOut } from "../mizan";
import functions from "../../../../../mizan-auth/src/functions.rs?raw";
import { rust } from "../rust";
import typescript from "../snippets/sign_out.tsx?raw";
import { Failure } from "./Failure";
import { Live } from "./Live";
import { Panel } from "./Panel";
import { Success } from "./Success";

/** `sign_out`: a mutation without input that invalidates all queries. */
export function SignOutPanel(): ReactNode {
  return (
    <Panel
      name="sign_out"
      kind="mutation"
      about="It affects every query, and its reply lists what it affects: the data on the page is fetched again without any code in the components."
      rust={rust("pub async fn sign_out", functions)}
      typescript={typescript}
    >
      <SignOut />
    </Panel>
  );
}

function SignOut(): ReactNode {
  const signOut = useSignOut();
  return (
    <>
      <div className="form">
        <div className="form-row">
          <button
            type="button"
            className="primary"
            disabled={signOut.isPending}
            onClick={() => signOut.mutate()}
          >
            Sign out
          </button>
        </div>
      </div>
      <Live busy={signOut.isPending}>
        {signOut.error && <Failure error={signOut.error} />}
        {signOut.isSuccess && (
          <Success>
            <p className="answer">You are signed out.</p>
          </Success>
        )}
      </Live>
    </>
  );
}
