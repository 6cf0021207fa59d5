import { CallError } from "../transport/error";
import type { StreamFunction } from "../transport/streams";

/**
 * The status of a stream: `idle` before its start, `pending` until the first part, `streaming`, and then `done`,
 * `error`, or `stopped` by the component.
 */
export type StreamStatus =
  "done" | "error" | "idle" | "pending" | "stopped" | "streaming";

/** The state of a stream. */
export interface StreamState<D, E> {
  /** The parts, or the result of `reduce`. */
  readonly data: D;
  readonly status: StreamStatus;
  /** The error that ended the stream. */
  readonly error: E | null;
}

/** The parameters of a {@link StreamStore}. */
export interface StreamStoreOptions<I, T, E, D> {
  readonly call: StreamFunction<I, T, E>;
  readonly input: I;
  readonly streamKey: string | undefined;
  readonly initial: D;
  readonly reduce: (data: D, part: T) => D;
}

/** The state of one stream for a component, which renders at most once per frame. */
export class StreamStore<I, T, E, D> {
  state: StreamState<D, E>;
  private readonly options: StreamStoreOptions<I, T, E, D>;
  private readonly listeners = new Set<() => void>();
  private running: ReturnType<StreamFunction<I, T, E>> | undefined;
  private frame: (() => void) | undefined;

  constructor(options: StreamStoreOptions<I, T, E, D>) {
    this.options = options;
    this.state = { data: options.initial, status: "idle", error: null };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Starts the stream from its beginning. */
  start(): void {
    this.leave();
    const { call, input, streamKey, initial } = this.options;
    this.set({ data: initial, status: "pending", error: null });
    const parts = call(input, { streamKey });
    this.running = parts;
    void this.read(parts);
  }

  /** Ends the connection. A resumable stream continues on the server. */
  leave(): void {
    const { running } = this;
    this.running = undefined;
    void running?.return?.();
  }

  /** Ends the stream on the server. The data remains. */
  async stop(): Promise<void> {
    const { running } = this;
    if (!running) return;
    this.running = undefined;
    this.set({ ...this.state, status: "stopped" });
    await running.stop();
  }

  private async read(parts: AsyncIterable<T>): Promise<void> {
    const isCurrent = (): boolean => this.running === parts;
    try {
      for await (const part of parts) {
        if (!isCurrent()) return;
        const data = this.options.reduce(this.state.data, part);
        this.state = { data, status: "streaming", error: null };
        this.notifyInFrame();
      }
      if (isCurrent()) this.end({ status: "done", error: null });
    } catch (error) {
      // Other errors than those of calls are defects, which also end the stream.
      if (isCurrent()) this.end({ status: "error", error: error as E });
      if (!(error instanceof CallError)) throw error;
    }
  }

  private end(end: Pick<StreamState<D, E>, "error" | "status">): void {
    this.running = undefined;
    this.set({ ...this.state, ...end });
  }

  private set(state: StreamState<D, E>): void {
    this.state = state;
    this.frame?.();
    this.notify();
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener();
  }

  /** Notifies before the next frame. A hidden page has no frames, so there is a timer as well. */
  private notifyInFrame(): void {
    if (this.frame) return;
    const run = (): void => {
      this.frame?.();
      this.notify();
    };
    const timer = setTimeout(run, 100);
    const frame = requestAnimationFrame(run);
    this.frame = () => {
      this.frame = undefined;
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    };
  }
}
