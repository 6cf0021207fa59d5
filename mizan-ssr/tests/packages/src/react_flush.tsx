import { flushSync, unstable_batchedUpdates, version } from "react-dom";
import { version as same } from "react";

/** Functions of react-dom that have no effect on the server. */
export default function Flush() {
  return <p>{String(version === same)} {typeof flushSync} {typeof unstable_batchedUpdates}</p>;
}
