import type { ReactNode } from "react";
import { useCurrentUser, type ChatMessage } from "../mizan";

interface MessageProps {
  readonly message: ChatMessage;
}

/** What somebody said. */
export function Message({ message }: MessageProps): ReactNode {
  const user = useCurrentUser();
  const at = new Date(message.at);
  return (
    <li className="message" data-own={user?.id === message.author}>
      <p className="message-head">
        <strong>{message.name}</strong>{" "}
        <time dateTime={at.toISOString()}>
          {at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}
        </time>
      </p>
      <p className="message-text">{message.text}</p>
    </li>
  );
}
