/** The WebSocket subprotocol that the frames here belong to. */
export const subprotocol = "mizan.v1.json";

/** A place in a channel's log. Offsets compare within one epoch only. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** Why something failed, as the server says it. */
export interface RefusalFrame {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly fields?: unknown;
  readonly data?: unknown;
  readonly id?: unknown;
  readonly retry_after?: unknown;
}

export interface WelcomeFrame {
  readonly t: "welcome";
  readonly user?: string;
  readonly contract?: string;
  readonly heartbeat: number;
  readonly limits: Limits;
}

/** What the server takes on one connection. */
export interface Limits {
  readonly frame: number;
  readonly subs: number;
  readonly rate: number;
  readonly inflight: number;
}

/** A frame about one subscription, by its name on this connection. */
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

/** Somebody who is there. */
export interface MemberFrame {
  readonly id: string;
  readonly info: unknown;
}

export interface ReplyFrame {
  readonly t: "reply";
  readonly mid: string;
  readonly data?: unknown;
  readonly error?: RefusalFrame;
}

export type ServerFrame =
  | WelcomeFrame
  | { readonly t: "ping" }
  | { readonly t: "reauth"; readonly within: number }
  | { readonly t: "drain"; readonly after: number }
  | ReplyFrame
  | SubscriptionFrame;

type Shape = { readonly [member: string]: string | Shape };

const place = { epoch: "string", offset: "number" };

/** What a frame of each type must have. What else it has is none of an older client's business. */
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
    subok: { sub: "number", recovered: "boolean", ...place },
    pub: { sub: "number", offset: "number", prev: "number" },
    gap: { sub: "number", reason: "string", from: place, ...place },
    state: { sub: "number", state: "string" },
    unsub: { sub: "number" },
    presence: { sub: "number" },
  }),
);

/** Reads a frame; nothing where the message is none that this client knows. */
export function readFrame(message: unknown): ServerFrame | undefined {
  if (typeof message !== "string") return undefined;
  let frame: unknown;
  try {
    frame = JSON.parse(message);
  } catch {
    return undefined;
  }
  const shape = shapes.get((frame as { readonly t?: unknown } | null)?.t);
  return shape && fits(frame, shape) ? (frame as ServerFrame) : undefined;
}

function fits(value: unknown, shape: Shape): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(shape).every(([name, wanted]) => {
    const member = (value as Record<string, unknown>)[name];
    return typeof wanted === "string"
      ? typeof member === wanted
      : fits(member, wanted);
  });
}
