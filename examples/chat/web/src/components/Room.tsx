import { useEffect, useRef, type ReactNode } from "react";
import { useChatChannel } from "../mizan";
import { Message } from "./Message";
import { Say } from "./Say";

interface RoomProps {
  readonly room: string;
}

const words = {
  idle: "Not connected",
  connecting: "Connecting…",
  live: "Live",
  suspended: "Messages are late",
  reconnecting: "Connection lost, trying again…",
  closed: "Closed",
};

/** One room: who is there, what was said, and what to say. */
export function Room({ room }: RoomProps): ReactNode {
  const chat = useChatChannel({ room }, { recent: 50, persist: true });
  const { messages } = chat;
  const newest = messages.at(-1)?.id;
  const end = useRef<HTMLLIElement>(null);
  useEffect(() => {
    // In braces: browsers return a promise from now on, which React would take for the clean-up.
    end.current?.scrollIntoView({ block: "nearest" });
  }, [newest]);
  return (
    <section className="card room" aria-label={room}>
      <div className="room-head">
        <p className="room-status" data-status={chat.status} role="status">
          {words[chat.status]}
        </p>
        <ul className="guests" aria-label="Here now">
          {chat.presence.map(({ id, info }) => (
            <li key={id}>{info.name}</li>
          ))}
        </ul>
      </div>
      {chat.gap && (
        <p className="gap" role="alert">
          You were away for so long that some messages are missing here.{" "}
          <button type="button" className="quiet" onClick={chat.clearGap}>
            I see
          </button>
        </p>
      )}
      {chat.hasMore && (
        <button
          type="button"
          className="quiet"
          onClick={() => void chat.loadMore()}
        >
          Earlier messages
        </button>
      )}
      {/* In the tab order, to be scrolled with the keyboard. */}
      <ol
        className="messages"
        aria-label="Messages"
        aria-live="polite"
        tabIndex={0}
      >
        {messages.map(({ id, data }) => (
          <Message key={id} message={data} />
        ))}
        <li ref={end} aria-hidden="true" />
      </ol>
      {chat.status === "closed" && chat.error && <p>{chat.error.message}</p>}
      <Say send={chat.send} />
    </section>
  );
}
