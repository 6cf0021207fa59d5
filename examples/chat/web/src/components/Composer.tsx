import { useId, useState, type ReactNode } from "react";
import { Link } from "../mizan/navigation";
import { useCurrentUser, type ChatChannel, type ChannelResult } from "../mizan";
import { useHydrated } from "../hydrated";
import { problemsOf } from "../problem";
import { roomPath } from "../rooms";

interface ComposerProps {
  readonly room: string;
  readonly send: ChannelResult<ChatChannel>["send"];
}

/** The form to write a message. A message that is sent while offline waits for the connection, and is delivered once. */
export function Composer({ room, send }: ComposerProps): ReactNode {
  const user = useCurrentUser();
  const [text, setText] = useState("");
  const [waiting, setWaiting] = useState(0);
  const [problem, setProblem] = useState<string>();
  const isHydrated = useHydrated();
  const id = useId();
  if (!user) {
    const query = new URLSearchParams({ next: roomPath(room) });
    return (
      <p className="composer-note">
        <Link href={`/sign-in/?${query}`}>Sign in</Link> or{" "}
        <Link href="/sign-up/">sign up</Link> to send messages.
      </p>
    );
  }
  // Without JavaScript the room shows a notice instead.
  if (!isHydrated) return <div className="composer" />;

  async function sendMessage(): Promise<void> {
    setText("");
    setProblem(undefined);
    setWaiting((count) => count + 1);
    try {
      await send({ text });
    } catch (error) {
      setProblem(problemsOf(error).join(" "));
      setText((newer) => newer || text);
    } finally {
      setWaiting((count) => count - 1);
    }
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) void sendMessage();
      }}
    >
      <label className="visually-hidden" htmlFor={id}>
        Message
      </label>
      <input
        id={id}
        value={text}
        placeholder={`Message #${room}`}
        autoComplete="off"
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-note`}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="primary">
        Send
      </button>
      <p id={`${id}-note`} className="count" data-over={problem !== undefined}>
        {problem ?? (waiting > 0 ? "Sending…" : "")}
      </p>
    </form>
  );
}
