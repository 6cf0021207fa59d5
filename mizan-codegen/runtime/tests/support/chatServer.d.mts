export interface ChatServer {
  readonly baseUrl: string;
  readonly ran: readonly unknown[];
  readonly errors: readonly string[];
  publish(room: string, data: unknown): void;
  connections(): number;
  cut(): void;
  restart(): void;
  close(): Promise<void>;
}

export function startChatServer(options: {
  readonly history: number;
}): Promise<ChatServer>;

/** `WebSocket` of the package `ws`, which Node.js 20 lacks. */
export const WebSocket: typeof globalThis.WebSocket;
