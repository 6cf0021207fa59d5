import { createPortal } from "react-dom";

/** React's server refuses portals. */
export default function Portal() {
  return <main>{createPortal(<b>elsewhere</b>, {} as Element)}</main>;
}
