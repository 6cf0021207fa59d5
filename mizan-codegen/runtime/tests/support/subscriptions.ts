import { vi } from "vitest";
import {
  subscribe as subscribeTo,
  type ChannelDefinition,
  type ChannelOptions,
  type ChannelSubscription,
} from "../../channels";
import type { ChannelTypes } from "../../channels/types";
import type { Api } from "./api";
import { sockets } from "./fakeSocket";

export const chat: ChannelDefinition<ChannelTypes> = { name: "chat" };

const open: ChannelSubscription<ChannelTypes>[] = [];

/** Subscribes until the end of the test. */
export function subscribe(
  api: Api,
  channel: ChannelDefinition<ChannelTypes>,
  params: unknown,
  options?: ChannelOptions,
): ChannelSubscription<ChannelTypes> {
  const subscription = subscribeTo(api, channel, params, options);
  open.push(subscription);
  return subscription;
}

export const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);

export function closeAll(): void {
  for (const subscription of open.splice(0)) subscription.close();
}

/** Closes the subscriptions and sockets of a test, and restores the real timers. */
export async function endSubscriptions(): Promise<void> {
  closeAll();
  vi.clearAllTimers();
  sockets.at(-1)?.drop(4403);
  await after(1_000);
  vi.useRealTimers();
}
