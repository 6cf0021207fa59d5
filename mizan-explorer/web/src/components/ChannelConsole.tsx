import { useEffect, useRef, useState, type ReactNode } from "react";
import {
  ConsoleConnection,
  initialState,
  type ConsoleState,
  type LogEntry,
} from "../channel/connection";
import type { ChannelDetails } from "../mizan";
import { usePrincipal } from "../principal";
import type { Schema } from "../schema/schema";
import { InputEditor, initialInput, isValidJson } from "./InputEditor";
import { PrincipalSelect } from "./PrincipalSelect";

interface ChannelConsoleProps {
  readonly details: ChannelDetails;
}

/** A console that subscribes to a channel as a test principal, and shows all frames. */
export function ChannelConsole({ details }: ChannelConsoleProps): ReactNode {
  const { definitions } = details;
  const [state, setState] = useState<ConsoleState>(initialState);
  const [connection, setConnection] = useState<ConsoleConnection>();
  const schema = (details.params ?? {}) as Schema;
  const [params, setParams] = useState(() => initialInput(schema, definitions));
  const [principal] = usePrincipal();
  const isOpen = state.status !== "closed";

  useEffect(() => () => connection?.close(), [connection]);

  return (
    <section aria-labelledby="console">
      <h2 id="console">Console</h2>
      <form
        className="card"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const wanted = {
            channel: details.name,
            params: params.json,
            principal,
          };
          setConnection(new ConsoleConnection(wanted, setState));
        }}
      >
        <InputEditor
          legend="Params"
          schema={schema}
          definitions={definitions}
          input={params}
          onChange={setParams}
        />
        <div className="send">
          <PrincipalSelect />
          {isOpen ? (
            <button type="button" onClick={() => connection?.close()}>
              Disconnect
            </button>
          ) : (
            <button
              type="submit"
              className="primary"
              disabled={!isValidJson(params.json)}
            >
              Subscribe
            </button>
          )}
        </div>
      </form>
      {details.client_message !== null && (
        <MessageForm
          details={details}
          isSubscribed={state.status === "subscribed"}
          onSend={(json) => connection?.sendMessage(json)}
        />
      )}
      <Log entries={state.log} status={state.status} />
    </section>
  );
}

interface MessageFormProps extends ChannelConsoleProps {
  readonly isSubscribed: boolean;
  readonly onSend: (json: string) => void;
}

function MessageForm({
  details,
  isSubscribed,
  onSend,
}: MessageFormProps): ReactNode {
  const { definitions } = details;
  const schema = (details.client_message ?? {}) as Schema;
  const [message, setMessage] = useState(() =>
    initialInput(schema, definitions),
  );
  return (
    <form
      className="card"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSend(message.json);
      }}
    >
      <InputEditor
        legend="Message"
        schema={schema}
        definitions={definitions}
        input={message}
        onChange={setMessage}
      />
      <div className="send">
        <button
          type="submit"
          className="primary"
          disabled={!isSubscribed || !isValidJson(message.json)}
        >
          Send
        </button>
        {!isSubscribed && (
          <p className="hint">Subscribe before you send a message.</p>
        )}
      </div>
    </form>
  );
}

interface LogProps {
  readonly entries: readonly LogEntry[];
  readonly status: ConsoleState["status"];
}

/** The frames of the connection. It scrolls to the newest one. */
function Log({ entries, status }: LogProps): ReactNode {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [entries]);
  return (
    <>
      <p role="status" className="hint">
        {status === "subscribed"
          ? "Subscribed."
          : status === "connecting"
            ? "Connecting…"
            : "Not connected."}
      </p>
      <div
        className="log"
        ref={list}
        role="log"
        aria-label="Frames"
        tabIndex={0}
      >
        {entries.length === 0 && (
          <p className="hint">The frames of the connection appear here.</p>
        )}
        {entries.map(({ id, direction, text }) => (
          <p key={id} data-direction={direction}>
            <span className="direction">{direction}</span> <code>{text}</code>
          </p>
        ))}
      </div>
    </>
  );
}
