import {
  Component,
  createElement,
  useInsertionEffect,
  useLayoutEffect,
  useState,
  type ReactNode,
} from "react";
import { outcomeOf, type Outcome } from "../navigation/outcome";
import type { View } from "./currentPage";
import { openSignIn, pageOfOutcome } from "./pageOutcome";

interface PageRootProps {
  readonly initial: View;
  /** Receives the function that renders another page. */
  readonly connect: (show: (view: View) => void) => void;
}

/** The root of a page in the browser. Its elements are those that the server renders. */
export function PageRoot({ initial, connect }: PageRootProps): ReactNode {
  const [view, setView] = useState(initial);
  useLayoutEffect(() => connect(setView), [connect]);
  useInsertionEffect(() => view.onReplace?.(), [view]);
  useLayoutEffect(() => view.onShown?.(), [view]);

  const { module, props, stateId } = view;
  const page = (
    <OutcomeBoundary view={view} show={setView}>
      <module.default key={stateId} {...props} />
    </OutcomeBoundary>
  );
  return (
    <OutcomeBoundary view={view} show={setView}>
      {module.layout ? createElement(module.layout, props, page) : page}
    </OutcomeBoundary>
  );
}

interface OutcomeBoundaryProps {
  readonly view: View;
  readonly show: (view: View) => void;
  readonly children: ReactNode;
}

interface OutcomeBoundaryState {
  readonly view: View;
  readonly thrown?: { readonly error: unknown } | undefined;
}

/** Handles the answers of components that no boundary of the application caught. */
export class OutcomeBoundary extends Component<
  OutcomeBoundaryProps,
  OutcomeBoundaryState
> {
  override state: OutcomeBoundaryState = { view: this.props.view };

  static getDerivedStateFromProps(
    { view }: OutcomeBoundaryProps,
    state: OutcomeBoundaryState,
  ): OutcomeBoundaryState | null {
    return view === state.view ? null : { view, thrown: undefined };
  }

  static getDerivedStateFromError(
    error: unknown,
  ): Pick<OutcomeBoundaryState, "thrown"> {
    return { thrown: { error } };
  }

  override componentDidCatch(error: unknown): void {
    const outcome = outcomeOf(error);
    if (outcome) void this.#handle(outcome);
  }

  async #handle(outcome: Outcome): Promise<void> {
    if (openSignIn(outcome)) return;
    const { view, show } = this.props;
    const { props, stateId } = view;
    const module = await pageOfOutcome(outcome);
    // The user may have left the page.
    if (this.props.view === view) show({ module, props, stateId });
  }

  override render(): ReactNode {
    const { thrown } = this.state;
    if (!thrown) return this.props.children;
    if (!outcomeOf(thrown.error)) throw thrown.error;
    return null;
  }
}
