/** Codes of failures that the client itself finds: no readable answer of the server is behind them. */
export type ClientCode = "network" | "aborted" | "unreadable_reply";

/**
 * A failure with its code, one union member for each code, so that a `switch` over `code` narrows.
 *
 * The members of `Data` are on the error itself: `error.by`, not `error.data.by`.
 */
export type Failure<Code extends string, Data = {}> = Code extends string
  ? CallError<Code> & Readonly<Data>
  : never;

/** What a {@link CallError} is made of. */
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

/** A call that failed: the server refused it, or no readable answer arrived. */
export class CallError<Code extends string = string> extends Error {
  /** What went wrong, for programs: stable across releases of the server. */
  readonly code: Code;
  /** The HTTP status; 0 when no answer arrived, or it came through a channel. */
  readonly status: number;
  /** Messages by the path of the input field that they are about; empty when it is no one field. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** Finds the failure in the server's log; only internal errors carry it. */
  readonly errorId?: string;
  /** The server has moved on from the contract of this client: reloading the page may help. */
  readonly outdated: boolean;
  /** Seconds that the server asks to wait before another attempt. */
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
      // What an error has already, `__proto__` and `toString` among it, is never the server's to set.
      if (name in this || ownMembers.has(name)) continue;
      Object.defineProperty(this, name, { value, enumerable: true });
    }
  }
}

/** Members that an error may be without, and that `data` must not fill all the same. */
const ownMembers = new Set(["cause", "errorId", "retryAfter", "stack"]);
