import { createPortal } from "react-dom";

/** React's server rejects portals. */
export default function Portal() {
  return <main>{createPortal(<b>elsewhere</b>, {} as Element)}</main>;
}
