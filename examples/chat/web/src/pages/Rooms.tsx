import type { ReactNode } from "react";
import { Boundary } from "../components/Boundary";
import { Page } from "../components/Page";
import { Room } from "../components/Room";
import { RoomLinks } from "../components/RoomLinks";

export { Layout as layout } from "../components/Layout";

interface RoomsProps {
  /** The room in the URL. */
  readonly room: string;
}

/** The chat rooms. The URL contains the open room. */
export default function Rooms({ room }: RoomsProps): ReactNode {
  return (
    <Page title="Rooms" tab={`#${room}`}>
      <RoomLinks room={room} />
      <Boundary>
        <Room key={room} room={room} />
      </Boundary>
    </Page>
  );
}
