export const program: string | undefined;

export function verdictsOfServer(count: number): string;
