import {
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useRef,
  useState,
  type RefObject,
} from "react";

/** The maximum distance in pixels from the end of a list at which it counts as scrolled to the end. */
const endThresholdPx = 32;

interface StickToEnd {
  readonly ref: RefObject<HTMLDivElement | null>;
  /** True if new items have arrived while the user has scrolled up. */
  readonly hasUnseen: boolean;
  readonly onScroll: () => void;
  readonly scrollToEnd: () => void;
}

/**
 * Keeps a scrollable list at its end if the user has not scrolled up.
 *
 * A new item of the user always scrolls to the end. Older items that are inserted above do not move the
 * visible ones.
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
    isAtEnd.current = fromEnd.current - list.clientHeight <= endThresholdPx;
    if (isAtEnd.current) setHasUnseen(false);
  }

  function scrollToEnd(): void {
    const { current: list } = ref;
    if (list) list.scrollTop = list.scrollHeight;
    isAtEnd.current = true;
    setHasUnseen(false);
  }

  const onNewItem = useEffectEvent(() => {
    if (isAtEnd.current || isOwn) scrollToEnd();
    else setHasUnseen(true);
  });

  useLayoutEffect(() => {
    if (newest !== undefined) onNewItem();
  }, [newest]);

  // Older items are inserted above, and would move the visible ones.
  useLayoutEffect(() => {
    const { current: list } = ref;
    if (!list || oldest === undefined || isAtEnd.current) return;
    list.scrollTop = list.scrollHeight - fromEnd.current;
  }, [oldest]);

  // Keeps the end visible when the window shrinks.
  useEffect(() => {
    const { current: list } = ref;
    if (!list) return;
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) list.scrollTop = list.scrollHeight;
    });
    observer.observe(list);
    return () => observer.disconnect();
  }, []);

  return { ref, hasUnseen, onScroll, scrollToEnd };
}
