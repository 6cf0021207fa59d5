import type { MouseEvent, ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Layout } from "../components/Layout";
import { Room } from "../components/Room";
import { roomPath, rooms, useRoom } from "../rooms";

interface RoomsProps {
  /** The room in the URL. */
  readonly room: string;
}

/** The chat rooms. The URL contains the open room. */
export default function Rooms(props: RoomsProps): ReactNode {
  const [room, open] = useRoom(props.room);
  return (
    <Layout path={roomPath(room)} title="Rooms" tab={`#${room}`} fill>
      <nav className="switch" aria-label="Rooms">
        {rooms.map((name) => (
          <a
            key={name}
            href={roomPath(name)}
            aria-current={name === room ? "page" : undefined}
            onClick={(event) => {
              if (opensElsewhere(event)) return;
              event.preventDefault();
              open(name);
            }}
          >
            #{name}
          </a>
        ))}
      </nav>
      <Boundary>
        <Room key={room} room={room} />
      </Boundary>
    </Layout>
  );
}

/** Returns true if the browser handles the click, for example by opening another tab or window. */
function opensElsewhere(event: MouseEvent): boolean {
  return event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
}
