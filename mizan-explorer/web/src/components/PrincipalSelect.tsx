import { useId, type ReactNode } from "react";
import { useCatalogue } from "../mizan";
import { usePrincipal } from "../principal";

/** The choice of the principal as which the page calls functions. */
export function PrincipalSelect(): ReactNode {
  const { principals } = useCatalogue();
  const [principal, setPrincipal] = usePrincipal();
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>Call as</label>
      <select
        id={id}
        value={principal ?? ""}
        aria-describedby={principals.length === 0 ? `${id}-hint` : undefined}
        onChange={(event) => setPrincipal(event.target.value || null)}
      >
        <option value="">anonymous</option>
        {principals.map(({ name, description }) => (
          <option key={name} value={name}>
            {name} ({description})
          </option>
        ))}
      </select>
      {principals.length === 0 && (
        <p className="hint" id={`${id}-hint`}>
          The application lists no test principals.
        </p>
      )}
    </div>
  );
}
