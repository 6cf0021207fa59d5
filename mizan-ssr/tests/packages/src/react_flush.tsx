import { flushSync, unstable_batchedUpdates, version } from "react-dom";
import { version as same } from "react";

/** The parts of react-dom that exist on the server without doing anything there. */
export default function Flush() {
  return <p>{String(version === same)} {typeof flushSync} {typeof unstable_batchedUpdates}</p>;
}
