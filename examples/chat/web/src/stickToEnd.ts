import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type RefObject,
} from "react";

/** The maximum distance from the end of a list that counts as at its end, in pixels. */
const near = 32;

interface StickToEnd {
  readonly ref: RefObject<HTMLDivElement | null>;
  /** True if items have arrived below that the user, who has scrolled up, has not seen. */
  readonly hasUnseen: boolean;
  onScroll(): void;
  toEnd(): void;
}

const useBrowserLayoutEffect =
  typeof document === "undefined" ? useEffect : useLayoutEffect;

/**
 * Keeps a list that can be scrolled at its end while it is there, and where it is otherwise.
 *
 * An own new item always scrolls to the end; older items above leave what is read in its place.
 */
export function useStickToEnd(
  oldest: string | undefined,
  newest: string | undefined,
  isOwn: boolean,
): StickToEnd {
  const ref = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const fromEnd = useRef(0);
  const [hasUnseen, setHasUnseen] = useState(false);

  function onScroll(): void {
    const { current: list } = ref;
    if (!list) return;
    fromEnd.current = list.scrollHeight - list.scrollTop;
    isAtEnd.current = fromEnd.current - list.clientHeight <= near;
    if (isAtEnd.current) setHasUnseen(false);
  }

  function toEnd(): void {
    const { current: list } = ref;
    if (list) list.scrollTop = list.scrollHeight;
    isAtEnd.current = true;
    setHasUnseen(false);
  }

  useBrowserLayoutEffect(() => {
    if (newest === undefined) return;
    if (isAtEnd.current || isOwn) toEnd();
    else setHasUnseen(true);
    // Only a new item at the end counts.
  }, [newest]);

  useBrowserLayoutEffect(() => {
    const { current: list } = ref;
    if (!list || oldest === undefined || isAtEnd.current) return;
    list.scrollTop = list.scrollHeight - fromEnd.current;
    // Only older items above move what is read.
  }, [oldest]);

  // A smaller window must not move the end out of sight.
  useEffect(() => {
    const { current: list } = ref;
    if (!list) return;
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) list.scrollTop = list.scrollHeight;
    });
    observer.observe(list);
    return () => observer.disconnect();
  }, []);

  return { ref, hasUnseen, onScroll, toEnd };
}
