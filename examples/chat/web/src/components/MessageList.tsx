import type { ReactNode } from "react";
import { useCurrentUser, type ChatChannel, type ChannelResult } from "../mizan";
import { useStickToEnd } from "../stickToEnd";
import { Message } from "./Message";

interface MessageListProps {
  readonly chat: ChannelResult<ChatChannel>;
}

/** The messages of a room. If the user has scrolled up, new messages show a notice instead of scrolling. */
export function MessageList({ chat }: MessageListProps): ReactNode {
  const { messages, hasMore, loadMore } = chat;
  const user = useCurrentUser();
  const newest = messages.at(-1);
  const isOwn = user !== null && newest?.data.author === user.id;
  const { ref, hasUnseen, onScroll, scrollToEnd } = useStickToEnd(
    messages[0]?.id,
    newest?.id,
    isOwn,
  );
  return (
    <div className="messages-frame">
      {/* Focusable, so that it can be scrolled with the keyboard. */}
      <div
        className="messages"
        ref={ref}
        onScroll={onScroll}
        tabIndex={0}
        role="group"
        aria-label="Conversation"
      >
        {hasMore && (
          <button
            type="button"
            className="quiet"
            onClick={() => void loadMore()}
          >
            Show earlier messages
          </button>
        )}
        <ol aria-label="Messages" aria-live="polite">
          {messages.map(({ id, data }) => (
            <Message key={id} message={data} isOwn={user?.id === data.author} />
          ))}
        </ol>
        {messages.length === 0 && <Empty status={chat.status} />}
      </div>
      {hasUnseen && (
        <button type="button" className="primary unseen" onClick={scrollToEnd}>
          New messages
        </button>
      )}
    </div>
  );
}

function Empty({
  status,
}: Pick<ChannelResult<ChatChannel>, "status">): ReactNode {
  if (status !== "live") return null;
  return (
    <div className="messages-empty">
      <p>No messages yet.</p>
      <p className="lead">Say hello to start the conversation.</p>
    </div>
  );
}
