/**
 * Makes a `fetch` that tells how much of the body has left: from 0 to 1.
 *
 * `fetch` itself cannot tell, so the request is an `XMLHttpRequest`.
 */
export function fetchWithProgress(
  onProgress: (share: number) => void,
): typeof fetch {
  return (url, { method = "POST", headers, body, signal } = {}) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const request = new XMLHttpRequest();
      request.open(method, String(url));
      new Headers(headers).forEach((value, name) =>
        request.setRequestHeader(name, value),
      );
      request.responseType = "arraybuffer";
      request.upload.onprogress = ({ lengthComputable, loaded, total }) => {
        if (lengthComputable && total > 0) onProgress(loaded / total);
      };
      request.onload = () => resolve(replyOf(request));
      request.onerror = () => reject(new TypeError("the upload failed"));
      request.onabort = () => reject(signal?.reason);
      signal?.addEventListener("abort", () => request.abort());
      onProgress(0);
      request.send(body as FormData);
    });
}

function replyOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request
    .getAllResponseHeaders()
    .trim()
    .split(/[\r\n]+/)) {
    const colon = line.indexOf(":");
    if (colon > 0)
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const { status, statusText } = request;
  const hasBody = ![204, 205, 304].includes(status);
  const body = hasBody ? (request.response as ArrayBuffer) : null;
  return new Response(body, { status, statusText, headers });
}
