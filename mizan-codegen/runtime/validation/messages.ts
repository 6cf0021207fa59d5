/** The messages about values, as the server has them. */

/** The message for a missing value. No other message applies to it. */
export const requiredMessage = "This field is required.";
export const unknownFieldMessage = "Unknown field.";
export const choiceMessage = "Choose one of the options.";
export const invalidMessage = "This value is not valid.";
export const outOfRangeMessage = "Too large or too small.";
export const patternMessage = "Does not have the expected format.";
export const integerMessage = "Enter a whole number.";

export const colorMessage = "Enter a colour, such as #1e90ff.";
export const dateMessage = "Enter a date, such as 2026-01-31.";
export const dateTimeMessage =
  "Enter a date and a time, such as 2026-01-31T18:30.";
export const decimalMessage = "Enter a number, such as 12.50.";
export const emailMessage = "Enter a valid email address.";
export const instantMessage =
  "Enter a date and a time with an offset, such as 2026-01-31T18:30:00Z.";
export const timeMessage = "Enter a time, such as 18:30.";
export const urlMessage = "Enter a valid URL.";
export const uuidMessage = "Must be a UUID.";

/** Returns the message for a list that does not have `length` items. */
export function exactItemsMessage(length: number): string {
  return `Must have exactly ${pluralize(length, "item")}.`;
}

/** Returns a number with its unit, such as `2 items`. */
export function pluralize(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
