export interface ValuesServer {
  readonly baseUrl: string;
  close(): void;
}

export const program: string | undefined;

export function startValuesServer(): Promise<ValuesServer>;

export function manifestOfServer(): string;

export const naughtyStrings: readonly string[];
