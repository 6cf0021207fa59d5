import { subprotocol } from "./frames";
import type { FrameSocket, FrameSocketOwner } from "./frameSocket";
import type { ServerAddress } from "../transport/transport";

/** Opens a WebSocket. */
export function dialWebSocket(
  { baseUrl }: ServerAddress,
  owner: FrameSocketOwner,
): FrameSocket {
  const webSocket = new WebSocket(socketUrl(baseUrl), subprotocol);
  webSocket.onopen = () => {
    if (webSocket.protocol === subprotocol) owner.opened();
    else owner.closed(1006, "");
  };
  webSocket.onmessage = ({ data }) => owner.received(data);
  // `onclose` reports the cause. Outside of browsers, an error without a listener throws.
  webSocket.onerror = () => {};
  webSocket.onclose = ({ code, reason }) => owner.closed(code, reason);
  return webSocket;
}

function socketUrl(baseUrl: string): URL {
  const page = typeof document === "undefined" ? undefined : document.baseURI;
  const url = new URL(`${baseUrl}/ws`, page);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}
