import { CallError } from "../transport/error";
import { isObject } from "../transport/response";
import type { RefusalFrame } from "./frames";

/** Codes of failures that only channels have. */
export type ChannelCode =
  /** Another message had the same name; the message did not run. */
  | "mid_reused"
  /** Nobody is subscribed; the message did not run. */
  | "not_subscribed"
  /** The message may have run or not, and nobody knows. */
  | "outcome_unknown"
  /** Client and server do not understand each other; reloading the page may help. */
  | "protocol"
  /** The session has ended: the user has to sign in again. */
  | "revoked"
  /** The page has more subscriptions than the server takes. */
  | "too_many_subscriptions"
  /** The server has no such channel. */
  | "unknown_channel";

/** Turns what the server says into the failure that it describes. */
export function readRefusal(
  { code, message, fields, data, id, retry_after: wait }: RefusalFrame,
  outdated: boolean,
): CallError {
  const known = typeof code === "string" ? code : "protocol";
  return new CallError({
    code: known,
    message: typeof message === "string" ? message : known,
    fields: isObject(fields) ? (fields as Record<string, string[]>) : undefined,
    errorId: typeof id === "string" ? id : undefined,
    retryAfter: typeof wait === "number" ? wait / 1_000 : undefined,
    data: isObject(data) ? data : undefined,
    outdated,
  });
}

/** The failure of a message that was sent and not answered. */
export function outcomeUnknown(cause: unknown): CallError {
  return new CallError({
    code: "outcome_unknown",
    message: "the message was sent, and whether it ran is not known",
    cause,
  });
}

/** The failure of a message to a subscription that nobody holds. */
export function notSubscribed(): CallError {
  return new CallError({
    code: "not_subscribed",
    message: "nobody is subscribed to the channel",
  });
}
