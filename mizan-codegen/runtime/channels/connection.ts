import { notSubscribed, readRefusal } from "./error";
import { ChannelRequests, fits, tooLarge } from "./requests";
import {
  removePersistedLog,
  persistChanges,
  readPersistedLog,
  type Owner,
} from "./persistence";
import { Subscription } from "./subscription";
import type { ChannelOptions } from "./types";
import { CallError } from "../transport/error";
import { isObject } from "../transport/response";
import { serverFunctions } from "../transport/serverRendering";
import { Socket, reconnectDelay, type SocketOwner } from "./socket";
import type {
  Limits,
  ReplyFrame,
  SubscriptionFrame,
  WelcomeFrame,
} from "./frames";
import type { ServerAddress, Transport } from "../transport/transport";

/** How long a subscription outlives its last holder, who may come back in a moment. */
const lingerFor = 1_000;

const connections = new WeakMap<Transport, ChannelConnection>();

/** The one connection that everybody who subscribes through this transport shares. */
export function connectionOf(transport: Transport): ChannelConnection {
  let connection = connections.get(transport);
  if (!connection) {
    const made = new ChannelConnection(transport.address);
    // Everything is stale after sign-in and sign-out: who the connection belongs to as well.
    transport.onAffects((names) => {
      if (names.includes("*")) made.restart();
    });
    connections.set(transport, made);
    connection = made;
  }
  return connection;
}

/** The subscriptions of a page to one server, on one socket. */
export class ChannelConnection implements SocketOwner {
  readonly requests: ChannelRequests;
  readonly #address: ServerAddress;
  readonly #socket: Socket;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #byAlias = new Map<number, Subscription>();
  #lastAlias = 0;
  /** What the present connection takes; nothing while there is none, or none for anything new. */
  #limits: Limits | undefined;
  #isOutdated = false;
  /** Who the last connection was of. */
  #owner: Owner | undefined;
  #stoppedBy: CallError | undefined;

  constructor(address: ServerAddress) {
    this.#address = address;
    this.#socket = new Socket(address, this);
    this.requests = new ChannelRequests((frame) => this.#socket.send(frame));
  }

  /** The subscription that somebody holds. */
  find(key: string): Subscription | undefined {
    return this.#subscriptions.get(key);
  }

  /**
   * Holds the subscription to a channel, which {@link release} ends once nobody holds it. While a
   * page is rendered on the server there is none.
   */
  retain(
    channel: string,
    params: unknown,
    options: ChannelOptions,
  ): Subscription | undefined {
    if (serverFunctions()) return undefined;
    const key = subscriptionKey(channel, params);
    const found = this.#subscriptions.get(key);
    if (found) {
      found.holders += 1;
      found.log.limit = Math.max(found.log.limit, options.limit ?? 0);
      return found;
    }
    const target = `"channel":${JSON.stringify(channel)},"params":${canonicalJson(params ?? {})}`;
    const subscription = new Subscription(key, target, options);
    this.#begin(subscription);
    return subscription;
  }

  /** Lets go of a subscription that was held. */
  release(subscription: Subscription): void {
    subscription.holders -= 1;
    if (subscription.holders > 0) return;
    if (subscription.endedBy) this.#leaveIfUnused(subscription);
    else this.#linger(subscription);
  }

  /** Asks something of a subscription; it stays until that is answered. */
  async ask(
    subscription: Subscription,
    t: "history" | "msg",
    members: object,
    signal?: AbortSignal,
  ): Promise<unknown> {
    if (subscription.endedBy) throw subscription.endedBy;
    if (this.find(subscription.key) !== subscription) throw notSubscribed();
    try {
      return await this.requests.ask(subscription, t, members, signal);
    } finally {
      if (subscription.holders === 0) this.#linger(subscription);
    }
  }

  /** Connects anew, and asks for what was refused again. */
  restart(): void {
    this.#stoppedBy = undefined;
    for (const subscription of this.#all()) subscription.revived();
    if (this.#subscriptions.size > 0) this.#socket.restart();
  }

  opened({ user, contract, limits }: WelcomeFrame): void {
    const own = this.#address.contract;
    if (this.#owner && this.#owner.user !== user) this.#forget();
    this.#owner = { user, contract: own };
    this.#isOutdated = contract !== undefined && contract !== own;
    this.#limits = limits;
    this.requests.opened(limits, this.#isOutdated);
    for (const subscription of this.#all()) this.#subscribe(subscription);
  }

  received(frame: ReplyFrame | SubscriptionFrame): boolean {
    if (frame.t === "reply") {
      this.requests.answer(frame);
      return true;
    }
    const subscription = this.#byAlias.get(frame.sub);
    // What was left may still be sent for a while.
    if (!subscription) return true;
    switch (frame.t) {
      case "unsub":
        this.#refused(subscription, frame);
        return true;
      case "subok":
        subscription.attached();
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
    const follows = subscription.log.take(frame);
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
      const { endedBy } = subscription;
      if (endedBy) this.requests.end(subscription, endedBy);
      else subscription.detached(failure);
    }
  }

  stopped(failure: CallError): void {
    this.#stoppedBy = failure;
    this.#disconnected();
    for (const subscription of this.#all()) {
      subscription.ended(failure);
      this.requests.end(subscription, failure);
      removePersistedLog(this.#storageKey(subscription));
    }
  }

  #all(): readonly Subscription[] {
    return [...this.#subscriptions.values()];
  }

  #begin(subscription: Subscription): void {
    this.#subscriptions.set(subscription.key, subscription);
    if (subscription.options.persist)
      subscription.stopPersisting = persistChanges(
        this.#storageKey(subscription),
        subscription.log,
        () => (subscription.endedBy ? undefined : this.#owner),
      );
    if (this.#stoppedBy) subscription.ended(this.#stoppedBy);
    else this.#socket.open();
    this.#subscribe(subscription);
  }

  #subscribe(subscription: Subscription): void {
    const { log, options, target } = subscription;
    if (!this.#limits || !this.#owner || subscription.endedBy) return;
    if (this.#byAlias.size >= this.#limits.subs)
      return this.#end(subscription, tooMany(this.#limits));
    if (options.persist && !log.position) {
      const kept = readPersistedLog(
        this.#storageKey(subscription),
        this.#owner,
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
    if (log.state.outdated !== this.#isOutdated)
      log.set({ outdated: this.#isOutdated });
    subscription.asked(alias);
    this.#byAlias.set(alias, subscription);
    this.#socket.send(frame);
  }

  /** The server has taken a subscription back, or not given it. */
  #refused(
    subscription: Subscription,
    frame: Extract<SubscriptionFrame, { readonly t: "unsub" }>,
  ): void {
    this.#byAlias.delete(frame.sub);
    const error = readRefusal(frame, this.#isOutdated);
    if (error.code !== "unavailable" && error.code !== "rate_limited")
      return this.#end(subscription, error);
    subscription.detached(error);
    // A server that drains has nothing more to give; the next connection asks by itself.
    if (!this.#limits) return;
    const wait = (error.retryAfter ?? 0) * 1_000;
    const delay = wait + reconnectDelay((subscription.refusals += 1));
    subscription.timer = setTimeout(() => this.#subscribe(subscription), delay);
  }

  #end(subscription: Subscription, error: CallError): void {
    subscription.ended(error);
    this.requests.end(subscription, error);
    removePersistedLog(this.#storageKey(subscription));
    if (subscription.holders === 0) this.#leaveIfUnused(subscription);
  }

  #linger(subscription: Subscription): void {
    setTimeout(() => this.#leaveIfUnused(subscription), lingerFor);
  }

  #leaveIfUnused(subscription: Subscription): void {
    const { key, alias, holders } = subscription;
    if (holders > 0 || this.find(key) !== subscription) return;
    if (this.requests.hasMessagesOf(subscription)) return;
    this.requests.end(subscription, notSubscribed());
    subscription.stopPersisting?.();
    subscription.left();
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

  /** Another user is there: what was seen and said is not theirs. */
  #forget(): void {
    for (const subscription of this.#all()) {
      removePersistedLog(this.#storageKey(subscription));
      this.requests.end(subscription, notSubscribed());
      subscription.log.reset();
      subscription.revived();
    }
  }

  #storageKey({ key }: Subscription): string {
    return `${this.#address.baseUrl}:${key}`;
  }
}

/** The same for the same channel with the same params, whatever the order of their members. */
export function subscriptionKey(channel: string, params: unknown): string {
  return `${channel}:${canonicalJson(params ?? {})}`;
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isObject(part)
      ? Object.fromEntries(
          Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)),
        )
      : part,
  );
}

function tooMany({ subs }: Limits): CallError {
  return new CallError({
    code: "too_many_subscriptions",
    message: `the server takes ${subs} subscriptions of a page`,
  });
}
