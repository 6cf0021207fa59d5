export type { ChannelCode } from "./error";
export { reconnect, subscribe, type ChannelSubscription } from "./subscribe";
export type {
  ChannelActions,
  ChannelDefinition,
  ChannelGap,
  ChannelMember,
  ChannelMessage,
  ChannelOptions,
  ChannelPage,
  ChannelState,
  ChannelStatus,
  ChannelTypes,
  HistoryRequest,
  SendOptions,
} from "./types";
