export function writeExamples(): {
  readonly folder: string;
  readonly count: number;
  readonly remove: () => void;
};
