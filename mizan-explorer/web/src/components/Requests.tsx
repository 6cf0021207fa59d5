import { useState, useSyncExternalStore, type ReactNode } from "react";
import { useCatalogue, type FunctionDetails } from "../mizan";
import { curlCommand } from "../request/curl";
import { typeScriptCall } from "../request/typescript";
import type { Input } from "./InputEditor";
import { Code } from "./SchemaSection";

interface RequestsProps {
  readonly details: FunctionDetails;
  readonly input: Input | undefined;
  /** The selected test principal; `null` for an anonymous caller. */
  readonly principal: string | null;
}

/** The call with the current input as a shell command, and as code that uses the generated client. */
export function Requests({
  details,
  input,
  principal,
}: RequestsProps): ReactNode {
  const { api_path } = useCatalogue();
  const origin = useOrigin();
  const curl = curlCommand({
    origin,
    apiPath: api_path,
    name: details.name,
    isSafe: details.is_safe,
    json: input?.json,
  });
  const typeScript =
    details.client_name === null
      ? undefined
      : typeScriptCall({
          name: details.client_name,
          schema: details.input ?? undefined,
          definitions: details.definitions,
          input: input?.draft ?? null,
          returns: details.returns,
        });
  return (
    <div className="requests">
      <Snippet title="curl" text={curl} />
      {principal !== null && (
        <p className="hint">
          The command has no session: add the cookie of a signed-in browser with{" "}
          <code>--cookie</code> to call as {principal}.
        </p>
      )}
      {typeScript !== undefined && (
        <Snippet title="TypeScript" text={typeScript} />
      )}
    </div>
  );
}

interface SnippetProps {
  readonly title: string;
  readonly text: string;
}

function Snippet({ title, text }: SnippetProps): ReactNode {
  const [copied, setCopied] = useState<string>();
  return (
    <figure>
      <figcaption>
        {title}
        <button
          type="button"
          className="link"
          aria-label={`Copy the request as ${title}`}
          onClick={() => {
            void navigator.clipboard
              .writeText(text)
              .then(() => setCopied(text));
          }}
        >
          {copied === text ? "copied" : "copy"}
        </button>
      </figcaption>
      <Code label={`Request as ${title}`}>{text}</Code>
    </figure>
  );
}

const neverChanges = (): (() => void) => () => undefined;

/** Returns the origin of the page. The server does not know it, and renders a common one. */
function useOrigin(): string {
  return useSyncExternalStore(
    neverChanges,
    () => location.origin,
    () => "http://localhost:8000",
  );
}
