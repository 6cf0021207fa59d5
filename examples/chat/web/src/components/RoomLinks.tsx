import type { ReactNode } from "react";
import { useCurrentUser, useListRooms, useUnread } from "../mizan";
import { Link } from "../mizan/navigation";
import { roomPath } from "../rooms";

interface RoomLinksProps {
  /** The open room. */
  readonly room: string;
}

/** Links to the rooms, with the numbers of unread messages. */
export function RoomLinks({ room }: RoomLinksProps): ReactNode {
  const { data: rooms = [] } = useListRooms();
  const user = useCurrentUser();
  return (
    <nav className="switch" aria-label="Rooms">
      {rooms.map(({ name, messages }) => (
        <Link
          key={name}
          href={roomPath(name)}
          aria-current={name === room ? "page" : undefined}
          title={messages === 1 ? "1 message" : `${messages} messages`}
        >
          #{name}
          {user && <UnreadCount room={name} />}
        </Link>
      ))}
    </nav>
  );
}

/** The number of messages in a room that the user has not read. */
function UnreadCount({ room }: RoomLinksProps): ReactNode {
  const { data: unread = 0 } = useUnread({ room });
  if (unread === 0) return null;
  return (
    <span className="unread">
      {unread} <span className="visually-hidden">unread</span>
    </span>
  );
}
