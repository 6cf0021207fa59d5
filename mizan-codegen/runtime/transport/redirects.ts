import { encodeWith, type Codec } from "./codec";
import {
  mutation,
  toSafeCall,
  type Callable,
  type CallOptions,
  type FunctionKey,
  type Mutation,
  type MutationOptions,
  type RequestOptions,
} from "./functions";
import { toRedirect, type Redirect } from "./redirect";
import type { Transport } from "./transport";

/** A server function that changes data and returns a redirect. */
export interface RedirectMutation<I, E> extends Mutation<I, Redirect, E> {
  /**
   * Options for TanStack Query: `useMutation(api.checkout.mutationOptions())`. The browser opens the
   * location after a success. Call `api.checkout(..)` to decide that yourself.
   */
  mutationOptions(options?: RequestOptions): MutationOptions<I, Redirect, E>;
}

/** A server function that reads data and returns a redirect. */
export interface RedirectQuery<I, E> extends Callable<
  I,
  Redirect,
  E,
  CallOptions
> {
  /** The key in TanStack Query. */
  readonly mutationKey: FunctionKey;
  /**
   * Options for TanStack Query: `useMutation(api.invoice.mutationOptions())`. The browser opens the location
   * after a success. Call `api.invoice(..)` to decide that yourself.
   */
  mutationOptions(options?: RequestOptions): MutationOptions<I, Redirect, E>;
  /**
   * Returns the URL of the function, for links: `<a href={api.invoice.url({ id })}>`. The server redirects the
   * browser, which requests it with its cookies, but without the headers of the api.
   */
  url(input: I): string;
}

/** Creates the mutation with the name `name` on the wire, which returns a redirect. */
export function redirectMutation<I, E>(
  transport: Transport,
  name: string,
  codec?: Codec<I>,
): RedirectMutation<I, E> {
  const call = mutation<I, Redirect, E>(transport, name, {
    ...codec,
    decode: toRedirect,
  });
  return Object.assign(call, followed(name, call));
}

/** Creates the query with the name `name` on the wire, which returns a redirect. */
export function redirectQuery<I, E>(
  transport: Transport,
  name: string,
  codec?: Codec<I>,
): RedirectQuery<I, E> {
  const call = async (input: I, options?: CallOptions): Promise<Redirect> =>
    (await transport.query(name, encodeWith(codec?.encode, input), {
      ...options,
      codec: { ...codec, decode: toRedirect },
    })) as Redirect;
  return Object.assign(call, followed<I, E>(name, call), {
    safe: toSafeCall<I, Redirect, E>(call),
    url: (input: I) => transport.url(name, encodeWith(codec?.encode, input)),
  });
}

/** Returns the options of a mutation in TanStack Query that opens the location. */
function followed<I, E>(
  name: string,
  call: (input: I, options?: RequestOptions) => Promise<Redirect>,
): Pick<RedirectQuery<I, E>, "mutationKey" | "mutationOptions"> {
  const mutationKey = ["mizan", name] as const;
  return {
    mutationKey,
    mutationOptions: (options) => ({
      mutationKey,
      mutationFn: async (input) => {
        const redirect = await call(input, options);
        redirect.follow();
        return redirect;
      },
    }),
  };
}
