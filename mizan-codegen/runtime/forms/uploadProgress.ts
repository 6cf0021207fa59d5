/**
 * Creates a `fetch` that reports the uploaded share of the request body, from 0 to 1.
 *
 * It sends an `XMLHttpRequest`, because `fetch` does not report progress.
 */
export function fetchWithProgress(
  onProgress: (share: number) => void,
): typeof fetch {
  return (url, { method = "POST", headers, body, signal } = {}) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const request = new XMLHttpRequest();
      request.open(method, url instanceof Request ? url.url : url);
      new Headers(headers).forEach((value, name) =>
        request.setRequestHeader(name, value),
      );
      request.responseType = "arraybuffer";
      request.upload.onprogress = ({ lengthComputable, loaded, total }) => {
        if (lengthComputable && total > 0) onProgress(loaded / total);
      };
      request.onload = () => resolve(toResponse(request));
      request.onerror = () => reject(new TypeError("the upload failed"));
      request.onabort = () => reject(signal?.reason);
      signal?.addEventListener("abort", () => request.abort());
      onProgress(0);
      request.send(body as FormData);
    });
}

function toResponse(request: XMLHttpRequest): Response {
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
