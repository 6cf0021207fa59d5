import type { NextStep } from "./mizan";

/** Goes to the page where the next step of signing up or in is taken. */
export function follow(step: NextStep): void {
  location.assign(pageOf(step));
}

/** The compiler wants an address for every step that the server may answer. */
function pageOf(step: NextStep): string {
  switch (step.step) {
    case "signed_in":
      return step.next;
    case "verify_email": {
      const query = new URLSearchParams({ ticket: step.ticket });
      const next = new URLSearchParams(location.search).get("next");
      // The server takes it for a path of this site, or leaves it out.
      if (next !== null) query.set("next", next);
      return `/verify-email/?${query}`;
    }
    case "second_factor":
      throw new Error("this server has no second factor to ask for");
    case "sign_in":
      return "/sign-in/";
  }
}
