import type { ChannelCode } from "./error";

/** What to do about a connection that was closed. */
export type AfterClose =
  | { readonly do: "reconnect"; readonly afterAtLeast?: number }
  /** Connect anew at once with a fresh credential; a second time in a row, stop. */
  | { readonly do: "refresh" }
  | {
      readonly do: "stop";
      readonly code: ChannelCode | "unauthenticated";
      readonly message: string;
    };

const tooFast = 10_000;

/** Decides by the close code; a code that is not known may pass by itself. */
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
      return { do: "reconnect", afterAtLeast: tooFast };
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
