import { useState, type ReactNode } from "react";
import {
  useAccount,
  useDemoAccounts,
  type NextStep,
  type SignInError,
} from "../mizan";
import { useSignInForm } from "../mizan/forms";
import errors from "../../../../../mizan-auth/src/accounts/error.rs?raw";
import forms from "../../../../../mizan-auth/src/forms.rs?raw";
import { rust } from "../rust";
import typescript from "../snippets/sign_in.tsx?raw";
import { Failure } from "./Failure";
import { Live } from "./Live";
import { Panel } from "./Panel";
import { Success } from "./Success";

/** `sign_in`: a form of mizan-auth with typed errors, which invalidates all queries. */
export function SignInPanel(): ReactNode {
  return (
    <Panel
      name="sign_in"
      kind="form"
      about="A form of mizan-auth. Its result and its error are unions in TypeScript, which the compiler narrows after a check."
      rust={`${rust("pub struct SignIn", forms)}\n\n${rust("pub enum SignInError", errors)}`}
      typescript={typescript}
      wide
    >
      <SignIn />
    </Panel>
  );
}

function SignIn(): ReactNode {
  const demos = useDemoAccounts();
  const [outcome, setOutcome] = useState<NextStep | SignInError>();
  const form = useSignInForm({ onSuccess: setOutcome, onError: setOutcome });
  return (
    <>
      <form.Form className="form">
        <form.Errors />
        <div className="columns">
          <form.Field name="email" />
          <form.Field name="password" />
        </div>
        <form.Field name="next" />
        <div className="form-row">
          <form.Submit className="primary">Sign in</form.Submit>
          {demos.map(({ name, email, password }) => (
            <button
              key={email}
              type="button"
              className="quiet"
              onClick={() => {
                form.rhf.reset({ email, password });
                void form.submit();
              }}
            >
              {name}
            </button>
          ))}
        </div>
      </form.Form>
      <Live busy={form.isSubmitting}>
        {outcome instanceof Error ? (
          <Failure error={outcome} />
        ) : (
          outcome && (
            <Success>
              <Welcome step={outcome} />
            </Success>
          )
        )}
      </Live>
    </>
  );
}

function Welcome({ step }: { readonly step: NextStep }): ReactNode {
  const account = useAccount();
  if (step.step !== "signed_in")
    return <p className="answer">Next step: {step.step}.</p>;
  return <p className="answer">Welcome, {account?.email}.</p>;
}
