import type { ReactNode } from "react";
import {
  api,
  chatChannel,
  clockChannel,
  subscribe,
  useAdminAuditLogChannel,
  useChatChannel,
  useClockChannel,
  type ChannelState,
  type ChatChannel,
  type ChatEvent,
} from "./expected";

export function Room({ room }: { readonly room: string }): ReactNode {
  const chat = useChatChannel({ room }, { limit: 100, recent: 50 });
  const time: number | undefined = useClockChannel().messages.at(-1)?.data;
  const topics: string[] = chat.snapshot ?? [];
  const names: string[] = chat.presence.map(({ info }) => info.name);

  async function say(text: string): Promise<number> {
    const { id } = await chat.send({ text });
    return id;
  }

  // @ts-expect-error A message has a text.
  void chat.send({ txt: "hello" });
  // @ts-expect-error A room is needed.
  useChatChannel({});
  // @ts-expect-error A clock takes no messages.
  void useClockChannel().send("hello");
  useAdminAuditLogChannel({ by: "user", user: 1 });
  // @ts-expect-error The user is missing.
  useAdminAuditLogChannel({ by: "user" });

  if (chat.error?.code === "outcome_unknown") return chat.error.message;
  // @ts-expect-error There is no such code.
  if (chat.error?.code === "outcome_unkown") return null;
  return [
    chat.status === "live",
    time,
    topics,
    names,
    chat.messages.map(({ id, data }) => <p key={id}>{line(data)}</p>),
    <button onClick={() => void say("hello")}>{chat.gap?.reason}</button>,
  ];
}

function line(event: ChatEvent | undefined): string {
  switch (event?.type) {
    case undefined:
      return "";
    case "said":
      return event.text;
    case "topic":
      return event.topic ?? "none";
  }
}

export async function withoutReact(): Promise<ChannelState<ChatChannel>> {
  const chat = subscribe(api, chatChannel, { room: "lobby" });
  const clock = subscribe(api, clockChannel);
  const text: string = line(chat.state.messages[0]?.data);
  const stop = chat.onMessage(({ data }) => line(data));
  const { more } = await chat.history({ before: 10 });
  if (more) await chat.loadMore();
  // @ts-expect-error A room is needed.
  subscribe(api, chatChannel);
  stop();
  clock.close();
  return text ? chat.state : chat.state;
}
