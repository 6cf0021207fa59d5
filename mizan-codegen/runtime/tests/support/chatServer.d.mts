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

/** That of the package `ws`: Node 20 has none of its own. */
export const WebSocket: typeof globalThis.WebSocket;
