import {
  createContext,
  useContext,
  type Dispatch,
  type SetStateAction,
} from "react";

type Selection = readonly [
  string | null,
  Dispatch<SetStateAction<string | null>>,
];

/** The name of the test principal as which the page calls functions; `null` for an anonymous caller. */
export const PrincipalContext = createContext<Selection>([
  null,
  () => undefined,
]);

/** Returns the selected test principal, and the function that selects another. */
export function usePrincipal(): Selection {
  return useContext(PrincipalContext);
}
