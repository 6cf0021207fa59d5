import type { ServerAddress } from "../transport/transport";

/** A connection that carries whole frames in order. */
export interface FrameSocket {
  /** Sends a frame, once the connection is open. */
  send(frame: string): void;
  /** Closes the connection. It reports no further events. */
  close(code: number, reason: string): void;
}

/** The receiver of a connection's events. */
export interface FrameSocketOwner {
  /** The server accepted the connection. */
  opened(): void;
  received(frame: unknown): void;
  /** The connection ended, or could not be opened. */
  closed(code: number, reason: string): void;
}

/** Opens a connection over one of the transports. */
export type Dial = (
  address: ServerAddress,
  owner: FrameSocketOwner,
) => FrameSocket;
