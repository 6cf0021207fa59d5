import { useState, type ReactNode } from "react";
import { useTryCall, type FunctionDetails } from "../mizan";
import { usePrincipal } from "../principal";
import { InputEditor, initialInput } from "./InputEditor";
import { PrincipalSelect } from "./PrincipalSelect";
import { Problem } from "./Problem";
import { Requests } from "./Requests";
import { TrialResult } from "./TrialResult";

interface TryFunctionProps {
  readonly details: FunctionDetails;
}

/** A form that calls a function as a test principal, and the outcome of the last call. */
export function TryFunction({ details }: TryFunctionProps): ReactNode {
  const { name, definitions } = details;
  const schema = details.input ?? undefined;
  const [input, setInput] = useState(() =>
    schema ? initialInput(schema, definitions) : undefined,
  );
  const [principal] = usePrincipal();
  const call = useTryCall();
  return (
    <section aria-labelledby="try">
      <h2 id="try">Try it</h2>
      <form
        className="card"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          call.mutate({
            function: name,
            input: input?.json ?? "{}",
            principal,
          });
        }}
      >
        {schema && input && (
          <InputEditor
            legend="Input"
            schema={schema}
            definitions={definitions}
            input={input}
            onChange={setInput}
          />
        )}
        {!schema && <p className="hint">This function has no arguments.</p>}
        <div className="send">
          <PrincipalSelect />
          <button type="submit" className="primary" disabled={call.isPending}>
            {call.isPending ? "Calling…" : "Call"}
          </button>
        </div>
      </form>
      <div aria-live="polite" aria-busy={call.isPending}>
        {call.error && <Problem error={call.error} />}
        {call.data && <TrialResult trial={call.data} />}
      </div>
      <Requests details={details} input={input} principal={principal} />
    </section>
  );
}
