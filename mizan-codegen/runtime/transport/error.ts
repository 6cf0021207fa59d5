/** Error codes that the client sets itself if it has no readable response from the server. */
export type ClientCode = "network" | "aborted" | "timeout" | "unreadable_reply";

/**
 * A typed error. It is a union with one member per code, so that a `switch` over `code` narrows it.
 *
 * The members of `Data` are properties of the error itself: `error.by` instead of `error.data.by`.
 */
export type Failure<Code extends string, Data = {}> = Code extends string
  ? CallError<Code> & Readonly<Data>
  : never;

/** The properties of a {@link CallError}. */
export interface CallErrorInit<Code extends string = string> {
  readonly code: Code;
  readonly message: string;
  readonly status?: number | undefined;
  readonly fields?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly errorId?: string | undefined;
  readonly outdated?: boolean | undefined;
  readonly retryAfter?: number | undefined;
  readonly data?: object | undefined;
  readonly cause?: unknown;
}

/** The error of a call that the server rejected, or that got no readable response. */
export class CallError<Code extends string = string> extends Error {
  /** The machine-readable code, which is stable across versions of the server. */
  readonly code: Code;
  /** The HTTP status; 0 without a response, and for errors of channels. */
  readonly status: number;
  /** The messages by path of the input field; empty if the error is not about fields. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** Identifies an internal error in the server's log. */
  readonly errorId?: string;
  /**
   * Set if the function has changed since this client was generated, and does not accept its call any more.
   * A reload of the page helps.
   */
  readonly outdated: boolean;
  /** The delay before the next attempt that the server asks for, in seconds. */
  readonly retryAfter?: number;

  constructor(init: CallErrorInit<Code>) {
    super(init.message);
    this.name = "CallError";
    this.code = init.code;
    this.status = init.status ?? 0;
    this.fields = init.fields ?? {};
    this.outdated = init.outdated ?? false;
    if (init.errorId !== undefined) this.errorId = init.errorId;
    if (init.retryAfter !== undefined) this.retryAfter = init.retryAfter;
    if (init.cause !== undefined) this.cause = init.cause;
    for (const [name, value] of Object.entries(init.data ?? {})) {
      // Data never replaces properties of the error, including `__proto__` and `toString`.
      if (name in this || optionalProperties.has(name)) continue;
      Object.defineProperty(this, name, { value, enumerable: true });
    }
  }
}

/** Optional properties of an error, which data does not replace even if they are absent. */
const optionalProperties = new Set(["cause", "errorId", "retryAfter", "stack"]);
