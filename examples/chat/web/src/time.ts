/** A moment to the minute, as the server has it: the same in its HTML and in every browser. */
export function minute(timestamp: string): string {
  return `${timestamp.slice(0, 16).replace("T", " ")} UTC`;
}
