import { encodeWith, type Codec } from "./codec";
import { toDownload, type ContentOptions, type Download } from "./download";
import {
  toSafeCall,
  type Callable,
  type CallOptions,
  type FunctionKey,
  type MutationOptions,
  type RequestOptions,
} from "./functions";
import type { Transport } from "./transport";

/** Options of a call of a function that returns a file. */
export interface DownloadOptions extends CallOptions, ContentOptions {
  /** Aborts the call, also while the content arrives. The server completes a mutation. */
  readonly signal?: AbortSignal | undefined;
}

/** A server function that changes data and returns a file. */
export interface DownloadMutation<I, E> extends Callable<
  I,
  Download,
  E,
  DownloadOptions
> {
  /** The key in TanStack Query. */
  readonly mutationKey: FunctionKey;
  /** Options for TanStack Query: `useMutation(api.report.mutationOptions())`. */
  mutationOptions(
    options?: RequestOptions & Pick<ContentOptions, "onProgress">,
  ): MutationOptions<I, Download, E>;
}

/** A server function that reads data and returns a file. It is never part of a batch. */
export interface DownloadQuery<I, E> extends DownloadMutation<I, E> {
  /**
   * Returns the URL of the file, for links: `<a href={api.report.url({ id })}>`. The browser requests it
   * with its cookies, but without the headers of the api.
   */
  url(input: I): string;
}

/** Creates the mutation with the name `name` on the wire, which returns a file. */
export function downloadMutation<I, E>(
  transport: Transport,
  name: string,
  codec?: Codec<I>,
): DownloadMutation<I, E> {
  return create(transport, name, codec, false);
}

/** Creates the query with the name `name` on the wire, which returns a file. */
export function downloadQuery<I, E>(
  transport: Transport,
  name: string,
  codec?: Codec<I>,
): DownloadQuery<I, E> {
  return Object.assign(create<I, E>(transport, name, codec, true), {
    url: (input: I) => transport.url(name, encodeWith(codec?.encode, input)),
  });
}

function create<I, E>(
  transport: Transport,
  name: string,
  codec: Codec<I> | undefined,
  isQuery: boolean,
): DownloadMutation<I, E> {
  const call = async (
    input: I,
    options: DownloadOptions = {},
  ): Promise<Download> => {
    const json = encodeWith(codec?.encode, input);
    const request = {
      ...options,
      codec,
      isQuery,
      returns: "a file" as const,
    };
    return toDownload(await transport.open(name, json, request), options);
  };
  const mutationKey = ["mizan", name] as const;
  return Object.assign(call, {
    safe: toSafeCall<I, Download, E, DownloadOptions>(call),
    mutationKey,
    mutationOptions: (
      options?: RequestOptions & Pick<ContentOptions, "onProgress">,
    ) => ({
      mutationKey,
      mutationFn: (input: I) => call(input, options),
    }),
  });
}
