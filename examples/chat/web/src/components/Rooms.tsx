import { useState, type ReactNode } from "react";
import { Boundary } from "./Boundary";
import { Room } from "./Room";

const rooms = ["lobby", "rust", "react"];

/** A switch between the rooms, and the one that is open. */
export function Rooms(): ReactNode {
  const [room, setRoom] = useState("lobby");
  return (
    <>
      <div className="switch" role="group" aria-label="Room">
        {rooms.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={name === room}
            onClick={() => setRoom(name)}
          >
            {name}
          </button>
        ))}
      </div>
      <Boundary>
        <Room key={room} room={room} />
      </Boundary>
    </>
  );
}
