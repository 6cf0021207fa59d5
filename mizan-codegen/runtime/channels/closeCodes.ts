import type { ChannelCode } from "./error";

/** The reaction to a closed connection. */
export type AfterClose =
  | { readonly do: "reconnect"; readonly afterAtLeast?: number }
  /** Reconnects immediately with a new credential, or stops if that was already tried. */
  | { readonly do: "refresh" }
  | {
      readonly do: "stop";
      readonly code: ChannelCode | "unauthenticated";
      readonly message: string;
    };

/** The delay after the server closed the connection because of too many frames. */
const rateLimitDelayMs = 10_000;

/** Returns the reaction to a close code. Unknown codes are treated as temporary. */
export function afterClose(code: number, reason: string): AfterClose {
  switch (code) {
    case 1002:
    case 1003:
    case 1007:
    case 1009:
    case 4400:
    case 4413:
      return stop("protocol", `the server refused the connection (${code})`);
    case 4401:
      return { do: "refresh" };
    case 4403:
      return stop("revoked", "the session has ended");
    case 4429:
      return { do: "reconnect", afterAtLeast: rateLimitDelayMs };
    default:
      return { do: "reconnect" };
  }

  function stop(code: ChannelCode, message: string): AfterClose {
    return {
      do: "stop",
      code,
      message: reason ? `${message}: ${reason}` : message,
    };
  }
}
