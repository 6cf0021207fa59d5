import type { ReactNode } from "react";
import {
  LookupProvider,
  RoomMembersProvider,
  UnreadProvider,
  useAnnouncements,
  useLookup,
  useRoomMembers,
  useSettings,
  useUnread,
} from "./expected";

export function Contexts(): ReactNode {
  const theme: string = useSettings().theme;
  const members: string[] = [...useRoomMembers(), ...useAnnouncements()];
  const counts: (number | null)[] = [useUnread(), useLookup()];
  return [theme, ...members, ...counts];
}

export function Providers(): ReactNode {
  return (
    <UnreadProvider>
      <LookupProvider by="Id" id={1}>
        <LookupProvider by="Name" name="a">
          <RoomMembersProvider room="lobby" limit={null}>
            <Contexts />
          </RoomMembersProvider>
        </LookupProvider>
        {/* @ts-expect-error A name is looked up by name. */}
        <LookupProvider by="Id" name="a" />
      </LookupProvider>
      {/* @ts-expect-error It takes nothing. */}
      <UnreadProvider room="lobby" />
    </UnreadProvider>
  );
}
