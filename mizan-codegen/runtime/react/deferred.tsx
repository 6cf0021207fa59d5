import {
  lazy,
  Suspense,
  useEffect,
  useRef,
  type ComponentType,
  type ReactNode,
} from "react";

/** Options of {@link deferred}. */
export interface DeferredOptions {
  /**
   * Time at which the browser loads the component: when it is about to be visible, or when the user points at
   * it or focuses it. `visible` by default.
   */
  readonly when?: "interaction" | "visible";
  /** Class of the `<div>` around the component. */
  readonly className?: string;
}

/** Distance from the viewport at which a component counts as visible. */
const margin = "200px";

const interactions = ["focusin", "pointerdown", "pointerover"] as const;

/**
 * Returns a component whose code the browser loads when it is needed. Until then, the page shows the markup that the
 * server rendered: `const Chart = deferred(() => import("./Chart"))`.
 *
 * Forms and links in the markup work before the code is loaded, and text that is entered is kept. Until then, the
 * `<div>` around the component has the attribute `data-mizan-deferred`.
 */
export function deferred<P extends object>(
  load: () => Promise<{ readonly default: ComponentType<P> }>,
  { when = "visible", className }: DeferredOptions = {},
): ComponentType<P> {
  let start = (): void => undefined;
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  const Content = lazy(async () => {
    if (typeof document !== "undefined") await started;
    return load();
  });
  return function Deferred(props: P): ReactNode {
    const element = useRef<HTMLDivElement>(null);
    useEffect(() => {
      const { current } = element;
      return current ? whenNeeded(current, when, start) : undefined;
    }, []);
    return (
      <div ref={element} className={className} data-mizan-deferred="">
        <Suspense>
          <Content {...props} />
          <Loaded onLoad={() => element.current?.removeAttribute(attribute)} />
        </Suspense>
      </div>
    );
  };
}

/** Attribute of the `<div>` until the component is loaded. */
const attribute = "data-mizan-deferred";

/** Calls `onLoad` once the component beside it works. */
function Loaded({ onLoad }: { readonly onLoad: () => void }): null {
  useEffect(onLoad);
  return null;
}

/** Calls `start` once the content of `element` is needed. Returns a function that stops waiting. */
function whenNeeded(
  element: Element,
  when: "interaction" | "visible",
  start: () => void,
): (() => void) | undefined {
  const content = element.firstElementChild;
  // Without markup of the server there is nothing to show in the meantime.
  if (!content) {
    start();
    return undefined;
  }
  if (when === "interaction") {
    const onInteraction = ({ target }: Event): void => {
      if (target instanceof Node && element.contains(target)) start();
    };
    // React stops the propagation of events within a part that is not hydrated yet.
    const options = { capture: true, passive: true };
    for (const type of interactions)
      document.addEventListener(type, onInteraction, options);
    return () => {
      for (const type of interactions)
        document.removeEventListener(type, onInteraction, options);
    };
  }
  const observer = new IntersectionObserver(
    (entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) start();
    },
    { rootMargin: margin },
  );
  observer.observe(content);
  return () => observer.disconnect();
}
