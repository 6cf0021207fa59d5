import { encodePart } from "./codec";
import { notSubscribed, readRefusal } from "./error";
import { ChannelRequests, fits, tooLarge } from "./requests";
import {
  removePersistedLog,
  persistChanges,
  readPersistedLog,
  type Owner,
} from "./persistence";
import { Subscription } from "./subscription";
import type { ChannelDefinition, ChannelOptions } from "./types";
import { CallError } from "../transport/error";
import { unmarkIntegers } from "../transport/json";
import { isObject } from "../transport/response";
import { serverFunctions } from "../transport/serverRendering";
import { Socket, reconnectDelay, type SocketOwner } from "./socket";
import type {
  Limits,
  Position,
  ReplyFrame,
  SubscriptionFrame,
  WelcomeFrame,
} from "./frames";
import type { ServerAddress, Transport } from "../transport/transport";

/** The time for which a subscription without holders is kept, in milliseconds. A component may remount. */
const lingerMs = 1_000;

/** The codes of refusals that depend on the permissions of the user. */
const permissionCodes: ReadonlySet<string> = new Set([
  "forbidden",
  "not_found",
  "reauthenticate",
  "unauthenticated",
]);

const connections = new WeakMap<Transport, ChannelConnection>();

/** Returns the connection that all subscriptions through this transport share. */
export function connectionOf(transport: Transport): ChannelConnection {
  let connection = connections.get(transport);
  if (!connection) {
    const made = new ChannelConnection(transport.address);
    transport.onAffects((invalidations) => {
      // After a sign-in or a sign-out, the connection may belong to another user.
      if (invalidations.some(({ name }) => name === "*")) made.restart();
      else made.permissionsChanged();
    });
    connections.set(transport, made);
    connection = made;
  }
  return connection;
}

/** The subscriptions of a page to one server, on one socket. */
export class ChannelConnection implements SocketOwner {
  readonly requests: ChannelRequests;
  /** Set if a channel has integers that a number cannot hold. */
  isExact = false;
  readonly #address: ServerAddress;
  readonly #socket: Socket;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #byAlias = new Map<number, Subscription>();
  #lastAlias = 0;
  /** The limits of the current connection; unset while it does not accept new requests. */
  #limits: Limits | undefined;
  /** The user of the last connection. */
  #owner: Pick<Owner, "user"> | undefined;
  #stoppedBy: CallError | undefined;

  constructor(address: ServerAddress) {
    this.#address = address;
    this.#socket = new Socket(address, this);
    this.requests = new ChannelRequests((frame) => this.#socket.send(frame));
  }

  /** Returns the subscription with this key, if there is one. */
  find(key: string): Subscription | undefined {
    return this.#subscriptions.get(key);
  }

  /**
   * Returns the subscription to a channel, and counts the caller as a holder until {@link release}.
   * `paramsJson` is the result of {@link paramsToJson}. A new subscription continues after the position `since`.
   *
   * Returns `undefined` while a page is rendered on the server.
   */
  retain(
    channel: ChannelDefinition<unknown>,
    paramsJson: string,
    options: ChannelOptions,
    since?: Position,
  ): Subscription | undefined {
    if (serverFunctions()) return undefined;
    if (channel.codec?.exact) this.isExact = true;
    const key = subscriptionKey(channel.name, paramsJson);
    const found = this.#subscriptions.get(key);
    if (found) {
      found.holders += 1;
      found.log.limit = Math.max(found.log.limit, options.limit ?? 0);
      return found;
    }
    const { name, contract, codec } = channel;
    const target = JSON.stringify({ channel: name, contract }).slice(1, -1);
    const subscription = new Subscription(
      key,
      `${target},"params":${paramsJson}`,
      contract,
      options,
      codec,
    );
    subscription.log.position = since;
    this.#start(subscription);
    return subscription;
  }

  /** Removes a holder of a subscription, which ends soon after the last one is removed. */
  release(subscription: Subscription): void {
    subscription.holders -= 1;
    if (subscription.holders > 0) return;
    if (subscription.closedBy) this.#leaveIfUnused(subscription);
    else this.#linger(subscription);
  }

  /** Sends a request for a subscription, which is kept until the server replies. */
  async request(
    subscription: Subscription,
    t: "history" | "msg",
    members: object,
    signal?: AbortSignal,
  ): Promise<unknown> {
    if (subscription.closedBy) throw subscription.closedBy;
    if (this.find(subscription.key) !== subscription) throw notSubscribed();
    try {
      return await this.requests.request(subscription, t, members, signal);
    } finally {
      if (subscription.holders === 0) this.#linger(subscription);
    }
  }

  /** Reconnects, and requests closed subscriptions again. */
  restart(): void {
    this.#stoppedBy = undefined;
    for (const subscription of this.#all()) subscription.reopen();
    if (this.#subscriptions.size > 0) this.#socket.restart();
  }

  /**
   * Requests the subscriptions again that the server refused to this user: after a mutation, which may have
   * changed the permissions, or when the server reports a change.
   */
  permissionsChanged(): void {
    for (const subscription of this.#all()) {
      const { closedBy } = subscription;
      if (!closedBy || !permissionCodes.has(closedBy.code)) continue;
      subscription.reopen();
      this.#subscribe(subscription);
    }
  }

  opened({ user, limits }: WelcomeFrame): void {
    if (this.#owner && this.#owner.user !== user) this.#clearDataOfOtherUser();
    this.#owner = { user };
    this.#limits = limits;
    this.requests.opened(limits);
    for (const subscription of this.#all()) this.#subscribe(subscription);
  }

  received(
    rounded: ReplyFrame | SubscriptionFrame,
    exact: ReplyFrame | SubscriptionFrame,
  ): boolean {
    if (rounded.t === "reply") {
      this.requests.answer(rounded, exact as ReplyFrame);
      return true;
    }
    const subscription = this.#byAlias.get(rounded.sub);
    // The server may still send frames for a subscription that was left.
    if (!subscription) return true;
    const frame = subscription.isExact ? (exact as SubscriptionFrame) : rounded;
    switch (frame.t) {
      case "unsub":
        this.#refuse(subscription, frame);
        return true;
      case "subok":
        subscription.attach();
        break;
      case "state":
        if (subscription.attachedAs === undefined) return true;
        break;
      case "presence":
        break;
      case "gap":
      case "pub":
        if (subscription.attachedAs === undefined) return false;
    }
    let follows: boolean;
    try {
      follows = subscription.log.apply(frame);
    } catch (failure) {
      if (!(failure instanceof CallError)) throw failure;
      this.#byAlias.delete(frame.sub);
      this.#socket.send(`{"t":"unsub","sub":${frame.sub}}`);
      this.#end(subscription, failure as CallError);
      return true;
    }
    if (frame.t === "subok") this.requests.flush();
    return follows;
  }

  draining(): void {
    this.#limits = undefined;
    this.requests.draining();
  }

  lost(failure: CallError | undefined): void {
    this.#disconnected();
    for (const subscription of this.#all()) {
      const { closedBy } = subscription;
      if (closedBy) this.requests.end(subscription, closedBy);
      else subscription.detach(failure);
    }
  }

  stopped(failure: CallError): void {
    this.#stoppedBy = failure;
    this.#disconnected();
    for (const subscription of this.#all()) {
      subscription.close(failure);
      this.requests.end(subscription, failure);
      removePersistedLog(this.#storageKey(subscription));
    }
  }

  #all(): readonly Subscription[] {
    return [...this.#subscriptions.values()];
  }

  #start(subscription: Subscription): void {
    this.#subscriptions.set(subscription.key, subscription);
    if (subscription.options.persist)
      subscription.stopPersisting = persistChanges(
        this.#storageKey(subscription),
        subscription.log,
        () => (subscription.closedBy ? undefined : this.#ownerOf(subscription)),
      );
    if (this.#stoppedBy) subscription.close(this.#stoppedBy);
    else this.#socket.open();
    this.#subscribe(subscription);
  }

  #subscribe(subscription: Subscription): void {
    const { log, options, target } = subscription;
    const owner = this.#ownerOf(subscription);
    if (!this.#limits || !owner || subscription.closedBy) return;
    if (this.#byAlias.size >= this.#limits.subs)
      return this.#end(subscription, tooManySubscriptions(this.#limits));
    if (options.persist && !log.position) {
      const kept = readPersistedLog(
        this.#storageKey(subscription),
        owner,
        subscription.isExact,
      );
      if (kept) log.restore(kept);
    }
    const alias = (this.#lastAlias += 1);
    const { position } = log;
    const from = position
      ? `,"since":${JSON.stringify(position)}`
      : options.recent
        ? `,"recent":${options.recent}`
        : "";
    const frame = `{"t":"sub","sub":${alias},${target}${from}}`;
    if (!fits(frame, this.#limits))
      return this.#end(subscription, tooLarge(this.#limits));
    subscription.request(alias);
    this.#byAlias.set(alias, subscription);
    this.#socket.send(frame);
  }

  /** Handles the refusal or the end of a subscription by the server. */
  #refuse(
    subscription: Subscription,
    frame: Extract<SubscriptionFrame, { readonly t: "unsub" }>,
  ): void {
    this.#byAlias.delete(frame.sub);
    const error = readRefusal(frame);
    if (error.code !== "unavailable" && error.code !== "rate_limited")
      return this.#end(subscription, error);
    // While the server drains, it refuses new subscriptions. The next connection requests them.
    if (!this.#limits) {
      subscription.detach(error);
      return;
    }
    const wait = (error.retryAfter ?? 0) * 1_000;
    subscription.retryLater(
      error,
      (refusals) => wait + reconnectDelay(refusals),
      () => this.#subscribe(subscription),
    );
  }

  #end(subscription: Subscription, error: CallError): void {
    subscription.close(error);
    this.requests.end(subscription, error);
    removePersistedLog(this.#storageKey(subscription));
    if (subscription.holders === 0) this.#leaveIfUnused(subscription);
  }

  #linger(subscription: Subscription): void {
    setTimeout(() => this.#leaveIfUnused(subscription), lingerMs);
  }

  #leaveIfUnused(subscription: Subscription): void {
    const { key, alias, holders } = subscription;
    if (holders > 0 || this.find(key) !== subscription) return;
    if (this.requests.hasMessagesOf(subscription)) return;
    this.requests.end(subscription, notSubscribed());
    subscription.stopPersisting?.();
    subscription.leave();
    this.#subscriptions.delete(key);
    if (alias !== undefined) {
      this.#byAlias.delete(alias);
      this.#socket.send(`{"t":"unsub","sub":${alias}}`);
    }
    if (this.#subscriptions.size > 0) return;
    this.#socket.close();
    this.#disconnected();
  }

  #disconnected(): void {
    this.#limits = undefined;
    this.#byAlias.clear();
    this.requests.lost();
  }

  /** Clears the messages and requests of the previous user. */
  #clearDataOfOtherUser(): void {
    for (const subscription of this.#all()) {
      removePersistedLog(this.#storageKey(subscription));
      this.requests.end(subscription, notSubscribed());
      subscription.log.reset();
      subscription.reopen();
    }
  }

  #ownerOf({ contract }: Subscription): Owner | undefined {
    return this.#owner && { ...this.#owner, contract };
  }

  #storageKey({ key }: Subscription): string {
    return `${this.#address.baseUrl}:${key}`;
  }
}

/** Returns the key of a subscription. */
export function subscriptionKey(channel: string, paramsJson: string): string {
  return `${channel}:${paramsJson}`;
}

/** Returns the JSON of a channel's params, which does not depend on the order of their members. */
export function paramsToJson(
  { codec }: ChannelDefinition<unknown>,
  params: unknown,
): string {
  const encoded = encodePart(codec?.encodeParams, params);
  return unmarkIntegers(canonicalJson(encoded));
}

function canonicalJson(params: unknown): string {
  return JSON.stringify(params ?? {}, (_, part: unknown) =>
    isObject(part)
      ? Object.fromEntries(
          Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)),
        )
      : part,
  );
}

function tooManySubscriptions({ subs }: Limits): CallError {
  return new CallError({
    code: "too_many_subscriptions",
    message: `too many subscriptions: the server allows ${subs} per page`,
  });
}
