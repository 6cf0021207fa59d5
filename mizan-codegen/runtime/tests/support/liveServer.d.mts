export interface LiveServer {
  readonly baseUrl: string;
  /** Resets every connection. */
  cut(): void;
  /** Kills the program and restarts it at the same address. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const program: string | undefined;

export function startLiveServer(): Promise<LiveServer>;

export const WebSocket: typeof globalThis.WebSocket;
