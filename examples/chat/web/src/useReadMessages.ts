import { useEffect } from "react";
import { useCurrentUser, useMarkRead, useUnread } from "./mizan";

/** Marks the messages of a room as read while the room is open. */
export function useReadMessages(room: string): void {
  const user = useCurrentUser();
  const { data: unread = 0 } = useUnread({ room }, { enabled: user !== null });
  const { mutate } = useMarkRead();
  useEffect(() => {
    if (unread > 0) mutate({ room });
  }, [unread, room, mutate]);
}
