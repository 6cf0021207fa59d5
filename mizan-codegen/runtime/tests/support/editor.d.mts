export function generateClients(
  cases: readonly string[],
  code: string,
): { readonly folder: string; remove(): void };
export function errorsOf(version: string, folder: string): string;
export function bundle(folder: string): Promise<string>;
export function definitions(folder: string): Promise<string[][]>;

export function languageServerDefinitions(folder: string): Promise<string[][]>;
