import type { ReactNode } from "react";
import type { ChatChannel, ChannelResult } from "../mizan";

const explanations = {
  history:
    "You were away longer than messages are stored. Some are missing here.",
  slow: "Messages arrived faster than this page could receive them. Some are missing here.",
  latest:
    "Messages arrived faster than this page could receive them. Some are missing here.",
  epoch: "The server was restarted. Some messages may be missing here.",
};

interface GapNoticeProps {
  readonly chat: ChannelResult<ChatChannel>;
}

/** Shows that messages were missed, if the page has already shown messages. */
export function GapNotice({ chat }: GapNoticeProps): ReactNode {
  const { gap, messages, clearGap } = chat;
  if (!gap || messages.length === 0) return null;
  return (
    <p className="notice" role="alert">
      {explanations[gap.reason]}{" "}
      <button type="button" className="quiet" onClick={clearGap}>
        Dismiss
      </button>
    </p>
  );
}
