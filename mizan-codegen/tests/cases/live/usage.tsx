import { useQuery, type QueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import {
  api,
  followLiveQueries,
  useInfiniteMessages,
  useMarkRead,
  useMe,
  useUnread,
} from "./expected";

export function follow(client: QueryClient): () => void {
  return followLiveQueries(client, api);
}

/** Live queries have the same hooks as others. */
export function Badge({ room }: { readonly room: string }): ReactNode {
  const { data: unread } = useUnread({ room });
  const { data: same } = useQuery(api.unread.queryOptions({ room }));
  const pages = useInfiniteMessages({ room });
  const { mutate } = useMarkRead();
  const count: bigint = unread ?? same ?? 0n;
  return (
    <button onClick={() => mutate({ room })}>
      {useMe()} {count.toString()} {pages.data?.pages.length}
    </button>
  );
}
