import { useId, useState, type ReactNode } from "react";
import { useEcho } from "../mizan";
import { rust } from "../rust";
import typescript from "../snippets/echo.tsx?raw";
import { Failure } from "./Failure";
import { Live } from "./Live";
import { Panel } from "./Panel";
import { Success } from "./Success";

const limit = 280;

/** `echo`: a mutation with a validated input. */
export function EchoPanel(): ReactNode {
  return (
    <Panel
      name="echo"
      kind="mutation"
      about={`Sends the text back. The server accepts 1 to ${limit} characters: try an empty or a longer text.`}
      rust={rust("pub async fn echo")}
      typescript={typescript}
      wide
      open
    >
      <Echo />
    </Panel>
  );
}

function Echo(): ReactNode {
  const [text, setText] = useState("Hello from the browser");
  const echo = useEcho();
  const id = useId();
  const characters = Array.from(text).length;
  const tooLong = characters > limit;
  return (
    <>
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          echo.mutate({ text });
        }}
      >
        <label htmlFor={id}>Text</label>
        <textarea
          id={id}
          rows={2}
          value={text}
          aria-describedby={`${id}-count`}
          aria-invalid={echo.error?.fields.text !== undefined}
          onChange={(event) => setText(event.target.value)}
        />
        <div className="form-row">
          <span id={`${id}-count`} className="count" data-over={tooLong}>
            {characters} of {limit} characters
          </span>
          <button type="submit" className="primary" disabled={echo.isPending}>
            Send
          </button>
        </div>
      </form>
      <Live busy={echo.isPending}>
        {echo.error && <Failure error={echo.error} />}
        {echo.data && (
          <Success>
            <p className="answer">{echo.data.message}</p>
          </Success>
        )}
      </Live>
    </>
  );
}
