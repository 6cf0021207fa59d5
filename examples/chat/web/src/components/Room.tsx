import type { ReactNode } from "react";
import { useChatChannel } from "../mizan";
import { useReadMessages } from "../useReadMessages";
import { GapNotice } from "./GapNotice";
import { MessageList } from "./MessageList";
import { Composer } from "./Composer";

interface RoomProps {
  readonly room: string;
}

const statusLabels = {
  idle: "Connecting…",
  connecting: "Connecting…",
  live: "Live",
  suspended: "Messages may be delayed",
  reconnecting: "Connection lost. Reconnecting…",
  closed: "Disconnected",
};

/** A room: its guests, its messages, and the composer, which stays visible. */
export function Room({ room }: RoomProps): ReactNode {
  const chat = useChatChannel({ room }, { recent: 50, persist: true });
  useReadMessages(room);
  return (
    <section className="card room" aria-label={`#${room}`}>
      <div className="room-head">
        <p className="room-status" data-status={chat.status} role="status">
          {statusLabels[chat.status]}
        </p>
        <ul className="guests" aria-label="Here now">
          {chat.presence.map(({ id, info }) => (
            <li key={id}>{info.name}</li>
          ))}
        </ul>
      </div>
      <noscript>
        <p className="notice">
          Chat rooms need JavaScript. Turn it on to read and send messages.
        </p>
      </noscript>
      <GapNotice chat={chat} />
      {chat.status === "closed" && (
        <p className="notice" role="alert">
          This room is closed. Reload the page to try again.
        </p>
      )}
      <MessageList chat={chat} />
      <Composer room={room} send={chat.send} />
    </section>
  );
}
