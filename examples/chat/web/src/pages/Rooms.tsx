import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { Room } from "../components/Room";
import { Link } from "../mizan/navigation";
import { roomPath, rooms } from "../rooms";

export { Layout as layout } from "../components/Layout";

interface RoomsProps {
  /** The room in the URL. */
  readonly room: string;
}

/** The chat rooms. The URL contains the open room. */
export default function Rooms({ room }: RoomsProps): ReactNode {
  return (
    <Page title="Rooms" tab={`#${room}`}>
      <nav className="switch" aria-label="Rooms">
        {rooms.map((name) => (
          <Link
            key={name}
            href={roomPath(name)}
            aria-current={name === room ? "page" : undefined}
          >
            #{name}
          </Link>
        ))}
      </nav>
      <Boundary>
        <Room key={room} room={room} />
      </Boundary>
    </Page>
  );
}
