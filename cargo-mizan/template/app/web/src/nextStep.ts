import type { NextStep } from "./mizan";
import { navigate } from "./mizan/navigation";

/** Opens the page of the next step of a sign-up or sign-in. */
export function openNextStep(step: NextStep): void {
  void navigate(pageOf(step));
}

/** Returns the page of a step. The compiler checks that every step has one. */
function pageOf(step: NextStep): string {
  switch (step.step) {
    case "signed_in":
      return step.next;
    case "verify_email":
      return `/verify-email/?${new URLSearchParams({ ticket: step.ticket })}`;
    case "second_factor":
      throw new Error("second factors are not enabled");
    case "sign_in":
      return "/sign-in/";
  }
}
