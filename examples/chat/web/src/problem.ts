import { CallError } from "./mizan";

/** Sentences for users by error code. They replace messages that are written for developers. */
const sentences: Readonly<Record<string, string>> = {
  network:
    "The server could not be reached. Check your connection and try again.",
  aborted: "The request was cancelled.",
  unreadable_reply:
    "Something went wrong on the server. Try again in a moment.",
  internal: "Something went wrong on the server. Try again in a moment.",
  unavailable: "The server is busy. Try again in a moment.",
  deadline_exceeded: "The server took too long to respond. Try again.",
  rate_limited: "Too many attempts. Wait a moment and try again.",
  unauthenticated: "Sign in to continue.",
  reauthenticate: "Confirm your password to continue.",
  outcome_unknown:
    "The connection was lost, and your message may or may not have been sent.",
  not_subscribed: "You are not connected to this room.",
  revoked: "Your session has ended. Sign in again.",
  too_many_subscriptions: "Too many rooms are open on this page.",
  forbidden: "Your account does not have access to this.",
};

/** Describes an error in sentences for users. */
export function problemsOf(error: unknown): readonly string[] {
  if (!(error instanceof CallError)) return ["Something went wrong."];
  const { code, fields, message } = error as CallError;
  const fieldMessages = Object.values(fields).flat();
  if (fieldMessages.length > 0) return fieldMessages;
  // The messages of the application's errors are already sentences for users.
  return [/[.!?]$/.test(message) ? message : (sentences[code] ?? message)];
}
