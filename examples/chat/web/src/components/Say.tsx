import { useId, useState, type ReactNode } from "react";
import { useCurrentUser, type ChatChannel, type ChannelResult } from "../mizan";

interface SayProps {
  readonly send: ChannelResult<ChatChannel>["send"];
}

/** What to say. A message that finds no connection waits for one, and runs once. */
export function Say({ send }: SayProps): ReactNode {
  const user = useCurrentUser();
  const [text, setText] = useState("");
  const [waiting, setWaiting] = useState(0);
  const [problem, setProblem] = useState<string>();
  const id = useId();
  if (!user) return <p>Sign in at the top to say something.</p>;

  async function say(): Promise<void> {
    setText("");
    setProblem(undefined);
    setWaiting((count) => count + 1);
    try {
      await send({ text });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      setText((newer) => newer || text);
    } finally {
      setWaiting((count) => count - 1);
    }
  }

  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) void say();
      }}
    >
      <label htmlFor={id}>Message</label>
      <div className="form-row">
        <input
          id={id}
          value={text}
          autoComplete="off"
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-note`}
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="primary">
          Send
        </button>
      </div>
      <p id={`${id}-note`} className="count" data-over={problem !== undefined}>
        {problem ?? (waiting > 0 ? "On its way…" : "")}
      </p>
    </form>
  );
}
