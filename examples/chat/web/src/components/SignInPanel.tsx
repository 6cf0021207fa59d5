import { useId, useState, type ReactNode } from "react";
import { useSignIn } from "../mizan";
import { rust, withoutBody } from "../rust";
import typescript from "../snippets/sign_in.tsx?raw";
import { Failure } from "./Failure";
import { Live } from "./Live";
import { Panel } from "./Panel";
import { Success } from "./Success";

/** `sign_in`: a mutation with errors of its own, which makes everything stale. */
export function SignInPanel(): ReactNode {
  return (
    <Panel
      name="sign_in"
      kind="mutation"
      about="Its error is a union in TypeScript: after the check of the code, the compiler knows the data."
      rust={`${rust("pub enum SignInError")}\n\n${withoutBody(rust("pub async fn sign_in"))}`}
      typescript={typescript}
      wide
    >
      <SignIn />
    </Panel>
  );
}

function SignIn(): ReactNode {
  const [user, setUser] = useState("grace");
  const signIn = useSignIn();
  const id = useId();
  const { error } = signIn;

  function submit(name: string): void {
    setUser(name);
    signIn.mutate({ user: name });
  }

  return (
    <>
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit(user);
        }}
      >
        <label htmlFor={id}>User</label>
        <div className="form-row">
          <input
            id={id}
            value={user}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            aria-invalid={error?.fields.user !== undefined}
            onChange={(event) => setUser(event.target.value)}
          />
          <button type="submit" className="primary" disabled={signIn.isPending}>
            Sign in
          </button>
        </div>
      </form>
      <Live busy={signIn.isPending}>
        {error && (
          <Failure error={error}>
            {error.code === "unknown_user" && (
              <div className="suggestions">
                <span>Known:</span>
                {error.known.map((known) => (
                  <button
                    key={known}
                    type="button"
                    className="quiet"
                    onClick={() => submit(known)}
                  >
                    {known}
                  </button>
                ))}
              </div>
            )}
          </Failure>
        )}
        {signIn.data && (
          <Success>
            <p className="answer">Welcome, {signIn.data.name}.</p>
          </Success>
        )}
      </Live>
    </>
  );
}
