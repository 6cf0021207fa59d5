export interface VersionsServer {
  readonly baseUrl: string;
  close(): void;
}

export const program: string | undefined;

export function startVersionsServer(
  version: "old" | "new",
): Promise<VersionsServer>;

export function oldManifest(): string;
