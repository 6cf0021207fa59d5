import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Layout } from "../components/Layout";
import { AutoForm, signUpForm } from "../mizan/forms";
import { follow } from "../nextStep";

/** Makes an account. The answer is the same whether or not the address has one. */
export default function SignUp(): ReactNode {
  return (
    <Layout title="Sign up">
      <p className="lead">
        We send a code and a link to your address; either shows that it is
        yours. Unless you started the demo with a folder for mail, it is printed
        where the server runs.
      </p>
      <div className="card">
        <Boundary>
          <AutoForm
            of={signUpForm}
            onSuccess={follow}
            sent="We sent you a mail. Open the link in it, and enter your password there."
          >
            Sign up
          </AutoForm>
        </Boundary>
      </div>
      <p>
        You have an account? <a href="/sign-in/">Sign in</a>.
      </p>
    </Layout>
  );
}
