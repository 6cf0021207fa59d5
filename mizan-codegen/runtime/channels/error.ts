import { CallError } from "../transport/error";
import { isObject } from "../transport/response";
import type { RefusalFrame } from "./frames";

/** Error codes that are specific to channels. */
export type ChannelCode =
  /** The id of the message was used for another message. The message was not processed. */
  | "mid_reused"
  /** There is no subscription. The message was not processed. */
  | "not_subscribed"
  /** The message may have been processed. */
  | "outcome_unknown"
  /** The client and the server are incompatible. A reload of the page may help. */
  | "protocol"
  /** The session was ended. The user has to sign in again. */
  | "revoked"
  /** The page has more subscriptions than the server allows. */
  | "too_many_subscriptions"
  /** The channel does not exist. */
  | "unknown_channel";

/** Converts a refusal of the server to an error. */
export function readRefusal(frame: RefusalFrame): CallError {
  const { code, message, fields, data, id, retry_after: wait } = frame;
  const known = typeof code === "string" ? code : "protocol";
  return new CallError({
    code: known,
    message: typeof message === "string" ? message : known,
    fields: isObject(fields) ? (fields as Record<string, string[]>) : undefined,
    errorId: typeof id === "string" ? id : undefined,
    retryAfter: typeof wait === "number" ? wait / 1_000 : undefined,
    data: isObject(data) ? data : undefined,
    outdated: frame.outdated === true,
  });
}

/** Returns the error of a message that was sent and has no reply. */
export function outcomeUnknown(cause: unknown): CallError {
  return new CallError({
    code: "outcome_unknown",
    message:
      "the connection was lost before the reply: the message may have been processed",
    cause,
  });
}

/** Returns the error of a message to a channel without a subscription. */
export function notSubscribed(): CallError {
  return new CallError({
    code: "not_subscribed",
    message: "not subscribed to the channel",
  });
}
