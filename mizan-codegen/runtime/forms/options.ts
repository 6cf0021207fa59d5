import type { FormTypes } from "./definition";

/** Options of a form's hook. */
export interface FormOptions<T extends FormTypes = FormTypes> {
  /** Called after a successful submission, with the server's reply. Without it the browser opens `next`. */
  readonly onSuccess?: (output: T["output"]) => void;
  /** Called after the server rejected a submission, or could not be reached. */
  readonly onError?: (error: T["error"]) => void;
  /** Page to open after a successful submission, instead of the form's `redirect`. */
  readonly next?: string;
}
