/** The WebSocket subprotocol of these frames. */
export const subprotocol = "mizan.v1.json";

/** A position in a channel's log. Offsets of different epochs are not comparable. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** The members of a frame that describe an error. Their types are not checked yet. */
export interface RefusalFrame {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly fields?: unknown;
  readonly data?: unknown;
  readonly id?: unknown;
  readonly retry_after?: unknown;
  readonly outdated?: unknown;
}

/** The first frame of the server. */
export interface WelcomeFrame {
  readonly t: "welcome";
  readonly user?: string;
  readonly heartbeat: number;
  readonly limits: Limits;
}

/** The limits of a connection. */
export interface Limits {
  /** The maximum size of a frame in bytes. */
  readonly frame: number;
  /** The maximum number of subscriptions. */
  readonly subs: number;
  /** The maximum number of frames per second. */
  readonly rate: number;
  /** The maximum number of requests without a reply. */
  readonly inflight: number;
}

/** A frame for the subscription with the name `sub` on this connection. */
export type SubscriptionFrame = { readonly sub: number } & (
  | ({ readonly t: "subok"; readonly recovered: boolean } & Position &
      WithSnapshot)
  | {
      readonly t: "pub";
      readonly offset: number;
      readonly prev: number;
      readonly data: unknown;
    }
  | ({
      readonly t: "gap";
      readonly reason: "history" | "slow" | "latest" | "epoch";
      readonly from: Position;
    } & Position &
      WithSnapshot)
  | { readonly t: "state"; readonly state: string }
  | ({ readonly t: "unsub" } & RefusalFrame)
  | {
      readonly t: "presence";
      readonly members?: readonly MemberFrame[];
      readonly join?: readonly MemberFrame[];
      readonly leave?: readonly string[];
    }
);

interface WithSnapshot {
  readonly snapshot?: unknown;
}

/** A member who is present. */
export interface MemberFrame {
  readonly id: string;
  readonly info: unknown;
}

/** The reply to the request with the id `mid`. */
export interface ReplyFrame {
  readonly t: "reply";
  readonly mid: string;
  readonly data?: unknown;
  readonly error?: RefusalFrame;
}

/** Any frame of the server. */
export type ServerFrame =
  | WelcomeFrame
  | { readonly t: "ping"; readonly permissions?: boolean }
  | { readonly t: "reauth"; readonly within: number }
  | { readonly t: "drain"; readonly after: number }
  | ReplyFrame
  | SubscriptionFrame;

type Shape = { readonly [member: string]: string | Shape };

const position = { epoch: "string", offset: "number" };

/** The required members of each type of frame. Additional members are ignored. */
const shapes = new Map<unknown, Shape>(
  Object.entries<Shape>({
    welcome: {
      heartbeat: "number",
      limits: {
        frame: "number",
        subs: "number",
        rate: "number",
        inflight: "number",
      },
    },
    ping: {},
    reauth: { within: "number" },
    drain: { after: "number" },
    reply: { mid: "string" },
    subok: { sub: "number", recovered: "boolean", ...position },
    pub: { sub: "number", offset: "number", prev: "number" },
    gap: { sub: "number", reason: "string", from: position, ...position },
    state: { sub: "number", state: "string" },
    unsub: { sub: "number" },
    presence: { sub: "number" },
  }),
);

/** Parses a frame. Returns `undefined` for a message that this client does not know. */
export function readFrame(message: unknown): ServerFrame | undefined {
  if (typeof message !== "string") return undefined;
  let frame: unknown;
  try {
    frame = JSON.parse(message);
  } catch {
    return undefined;
  }
  const shape = shapes.get((frame as { readonly t?: unknown } | null)?.t);
  return shape && matches(frame, shape) ? (frame as ServerFrame) : undefined;
}

function matches(value: unknown, shape: Shape): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(shape).every(([name, wanted]) => {
    const member = (value as Record<string, unknown>)[name];
    return typeof wanted === "string"
      ? typeof member === wanted
      : matches(member, wanted);
  });
}
