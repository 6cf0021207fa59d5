import { readLines } from "./lines";
import type { PrefetchRequest } from "./prefetcher";

/** A page without its data, as the server describes it. `mizan-ssr/NAVIGATION.md` describes the protocol. */
export interface PageDescription {
  /** The path of the component. */
  readonly component: string;
  readonly props: object;
  /** The title, unless the component renders one. */
  readonly title?: string;
  /** HTML for the head. */
  readonly head?: string;
  /** The URLs of style sheets and modules that the component needs, in the response to a prefetch. */
  readonly styles?: readonly string[];
  readonly modules?: readonly string[];
}

/** The answer to a request: a page, or the URL of a document that the browser has to load. */
export type PageAnswer =
  | {
      readonly kind: "page";
      readonly url: string;
      readonly description: PageDescription;
    }
  | { readonly kind: "document"; readonly url: string };

/** Receives the lines of a response. */
export interface LineReceiver {
  onLine(json: string): void;
  /** `isComplete` is false if the connection was lost or the request was aborted. */
  onEnd(isComplete: boolean): void;
}

/** A request for the data of a page. */
export interface PageRequest extends PrefetchRequest {
  /** Rejects if the server cannot be reached. */
  readonly answer: Promise<PageAnswer>;
  /** Passes the lines that have arrived, and those that will arrive. */
  deliver(receiver: LineReceiver): void;
}

/** The members of the first line. */
interface FirstLine {
  readonly page?: PageDescription;
  readonly reload?: boolean;
}

/**
 * Requests the data of the page at `href` from a server with the browser files `build`. The response to a prefetch
 * also has the files of the page.
 */
export function requestPage(
  href: string,
  build: string,
  purpose: "navigation" | "prefetch",
): PageRequest {
  const controller = new AbortController();
  const lines: string[] = [];
  let size = 0;
  let receiver: LineReceiver | undefined;
  let isComplete: boolean | undefined;
  let resolve: (answer: PageAnswer) => void;
  let reject: (reason: unknown) => void;
  const answer = new Promise<PageAnswer>((onAnswer, onFailure) => {
    resolve = onAnswer;
    reject = onFailure;
  });
  // A prefetched page may be used later or never.
  answer.catch(() => undefined);

  async function run(): Promise<void> {
    const response = await fetch(href, {
      headers: {
        accept: "application/x-ndjson, text/html;q=0.9",
        "mizan-navigation": purpose === "prefetch" ? "prefetch" : "1",
        "mizan-build": build,
      },
      signal: controller.signal,
    });
    const { url, headers, body } = response;
    const isPage =
      headers.get("content-type") === "application/x-ndjson" &&
      headers.get("mizan-build") === build;
    if (!isPage || !body) {
      resolve({ kind: "document", url });
      controller.abort();
      return;
    }
    await readLines(body, (line) => {
      if (size === 0) resolve(readAnswer(line, url));
      size += line.length;
      if (receiver) receiver.onLine(line);
      else lines.push(line);
    });
    if (size === 0) throw new TypeError("the response is empty");
    isComplete = true;
  }

  const done = run()
    .catch((error: unknown) => {
      isComplete = false;
      reject(error);
    })
    .then(() => receiver?.onEnd(isComplete ?? false));

  return {
    answer,
    done,
    size: () => size,
    abort: () => controller.abort(),
    deliver(given) {
      receiver = given;
      for (const line of lines.splice(0)) given.onLine(line);
      if (isComplete !== undefined) given.onEnd(isComplete);
    },
  };
}

/** Reads the first line of a response. */
function readAnswer(line: string, url: string): PageAnswer {
  const { page } = JSON.parse(line) as FirstLine;
  return page
    ? { kind: "page", url, description: page }
    : { kind: "document", url };
}
