import type { ReactNode } from "react";
import { functionPath } from "../catalogue";
import type { ErrorDetails, Outcome, StepOut, Trial } from "../mizan";
import { Link } from "../mizan/navigation";
import { Code } from "./SchemaSection";

interface TrialResultProps {
  readonly trial: Trial;
}

/** The outcome of a call: its result, its steps, and everything else that it did. */
export function TrialResult({ trial }: TrialResultProps): ReactNode {
  const isError = trial.outcome.type === "error";
  const failed = trial.steps.find((step) => step.state === "failed");
  return (
    <div className="card result" data-failed={isError}>
      <h3>
        {isError ? "Failed" : "Succeeded"}
        {failed && ` in the step ${failed.name}`}
        <span className="time">{milliseconds(trial.milliseconds)}</span>
      </h3>
      <OutcomeText outcome={trial.outcome} />
      {trial.steps.length > 0 && <Steps steps={trial.steps} />}
      <Stale trial={trial} />
      {trial.cookies.length + trial.headers.length > 0 && (
        <p className="hint">
          The reply also sets{" "}
          {[
            ...trial.cookies.map((name) => `the cookie ${name}`),
            ...trial.headers.map((name) => `the header ${name}`),
          ].join(", ")}
          . The explorer drops them.
        </p>
      )}
    </div>
  );
}

function OutcomeText({ outcome }: { readonly outcome: Outcome }): ReactNode {
  switch (outcome.type) {
    case "output":
      return (
        <>
          <Code label="Output">{formatted(outcome.json)}</Code>
          {outcome.is_truncated && (
            <p className="hint">Only the beginning of the output is shown.</p>
          )}
        </>
      );
    case "file":
      return (
        <p>
          A file of the type <code>{outcome.content_type}</code>
          {outcome.bytes !== null && `, ${outcome.bytes} bytes`}. Use the
          request below to download it.
        </p>
      );
    case "stream":
      return (
        <>
          <Code label="Parts of the stream">{outcome.parts.join("\n")}</Code>
          <p className="hint">{outcome.end}</p>
        </>
      );
    case "error":
      return <ErrorText error={outcome} />;
  }
}

function ErrorText({ error }: { readonly error: ErrorDetails }): ReactNode {
  const fields = Object.entries(error.fields);
  return (
    <>
      <p>
        <code>{error.code}</code> <span className="badge">{error.status}</span>{" "}
        {error.message}
      </p>
      {fields.length > 0 && (
        <ul className="plain" aria-label="Messages by field">
          {fields.map(([path, messages]) => (
            <li key={path}>
              <code>{path}</code>: {messages.join(" ")}
            </li>
          ))}
        </ul>
      )}
      {error.data !== null && (
        <Code label="Data of the error">{formatted(error.data)}</Code>
      )}
      {error.causes.length > 0 && (
        <>
          <p className="hint">Causes, which clients do not receive:</p>
          <ol className="plain">
            {error.causes.map((cause, index) => (
              <li key={index}>{cause}</li>
            ))}
          </ol>
        </>
      )}
      {error.retry_after !== null && (
        <p className="hint">
          Clients may retry after {Math.ceil(error.retry_after)} s.
        </p>
      )}
      {error.id !== null && (
        <p className="hint">
          Id in the log: <code>{error.id}</code>
        </p>
      )}
    </>
  );
}

const stateNames: Readonly<Record<StepOut["state"], string>> = {
  passed: "passed",
  failed: "failed",
  skipped: "not needed",
  not_reached: "not reached",
};

function Steps({ steps }: { readonly steps: readonly StepOut[] }): ReactNode {
  return (
    <ol className="steps" aria-label="Steps of the call">
      {steps.map(({ name, state, micros }) => (
        <li key={name} data-state={state}>
          <span className="step-name">{name}</span>
          <span className="step-state">{stateNames[state]}</span>
          {micros !== null && (
            <span className="time">{microseconds(micros)}</span>
          )}
        </li>
      ))}
    </ol>
  );
}

function Stale({ trial: { stale } }: TrialResultProps): ReactNode {
  if (stale.length === 0) return null;
  return (
    <>
      <p className="hint">Clients fetch these queries again:</p>
      <ul className="plain" aria-label="Invalidated queries">
        {stale.map(({ query, input, is_returned }, index) => (
          <li key={index}>
            {query === "*" ? (
              "all queries"
            ) : (
              <Link href={functionPath(query)}>{query}</Link>
            )}
            {input !== null && (
              <>
                {" "}
                with <code>{input}</code>
              </>
            )}
            {is_returned && ", whose new data is this output"}
          </li>
        ))}
      </ul>
    </>
  );
}

/** Indents JSON. Leaves a text that is not complete, and numbers that JavaScript would round. */
function formatted(json: string): string {
  if (/\d{16}/.test(json)) return json;
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

function milliseconds(value: number): string {
  return value < 1 ? microseconds(value * 1000) : `${value.toFixed(1)} ms`;
}

function microseconds(value: number): string {
  return value < 1000
    ? `${value.toFixed(0)} µs`
    : `${(value / 1000).toFixed(1)} ms`;
}
