export interface Program {
  readonly server: { kill(signal?: string): boolean };
  readonly url: string;
}

export function startProgram(
  program: string,
  parameters?: readonly string[],
): Promise<Program>;
