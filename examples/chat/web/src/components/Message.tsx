import type { ReactNode } from "react";
import type { ChatMessage } from "../mizan";

interface MessageProps {
  readonly message: ChatMessage;
  /** True if the current user wrote the message. */
  readonly isOwn: boolean;
}

/** A message with its author and its local time. */
export function Message({ message, isOwn }: MessageProps): ReactNode {
  const at = new Date(message.at);
  return (
    <li className="message" data-own={isOwn}>
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
