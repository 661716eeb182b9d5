import type { Clock, Timer } from '../../core/clock.ts';
import { messageOf, SignalboxError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { Redactor } from '../../core/redact.ts';
import { withinTime } from '../../core/within-time.ts';
import type { EventDesk } from '../events/event-desk.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';
import type { ServerInstance } from '../servers/server-instance.ts';
import { fitCatalogs } from './catalog-budget.ts';
import { type LastStatus, readLastStatus } from './last-status.ts';
import { type FoundServer, readState, ServerAccount } from './saved-server.ts';
import { type SaveTimes, StateSaver } from './state-saver.ts';
import type { RegistryState, SavedServer, StateStore } from './state-store.ts';

/** What a {@link RegistryMemory} works with. */
export interface RegistryMemoryOptions {
  readonly store: StateStore | undefined;
  readonly times: SaveTimes;
  readonly directory: ServerDirectory;
  readonly events: EventDesk;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Takes approvals of earlier runs, by server. */
  readonly restoreApprovals: (saved: unknown) => void;
}

const DELAY_MS = 1000;
const INTERVAL_MS = 5000;
const MAX_TIME_MS = 3_600_000;
/** How often statistics alone are worth a save, in ms. */
const STATISTICS_MS = 60_000;
/** How long a store may take until nobody waits for it any more, in ms. */
const STORE_PATIENCE_MS = 10_000;
/** Servers that are not registered are remembered for so long, in ms: 30 days; and so many of them. */
const ABSENT_MS = 30 * 24 * 60 * 60 * 1000;
const MAX_ABSENT = 1000;

const UNREAD = new Error('what the store holds could not be read');

/**
 * What a registry remembers of earlier runs, and keeps for the next one: statuses, catalogs, verdicts about eras, totals
 * of statistics, approvals. What is known of a server that is not registered waits for it.
 */
export class RegistryMemory {
  readonly #options: RegistryMemoryOptions;
  readonly #saver: StateSaver;
  readonly #accounts: Map<ServerInstance, ServerAccount> = new Map();
  /** How the servers were in the last run. */
  readonly #previous: Map<string, Pick<FoundServer, 'identity' | 'status'>> = new Map();
  /** What is known of servers that are not registered. */
  readonly #absent: Map<string, FoundServer> = new Map();
  readonly #stopListening: readonly (() => void)[];
  #loading: Promise<void> | undefined;
  #isLoaded = false;
  #lastFault = '';
  #tick: Timer | undefined;
  #requestsSaved = 0;
  /** How the servers were when the end began. */
  #atEnd: readonly (readonly [ServerInstance, SavedServer['status']])[] | undefined;

  /** @throws SignalboxError INVALID_ARGUMENT */
  constructor(options: RegistryMemoryOptions) {
    const { store, times, clock, events } = options;
    const { delayMs = DELAY_MS, intervalMs = INTERVAL_MS } = times;
    for (const [name, value] of Object.entries({ delayMs, intervalMs })) {
      if (value >= 0 && value <= MAX_TIME_MS) continue;
      throw new SignalboxError('INVALID_ARGUMENT', `save.${name} must be a number from 0 to ${MAX_TIME_MS}`);
    }
    this.#options = options;
    this.#saver = new StateSaver(clock, () => this.#save(), delayMs, intervalMs);
    this.#stopListening =
      store === undefined
        ? []
        : [
            events.on('server', ({ type, server }) => this.#onServer(type, server)),
            events.on('catalog', () => this.#saver.changed()),
            events.on('drift', () => this.#saver.changed()),
          ];
  }

  /**
   * Reads what was kept, once, and gives it to the servers that are registered; the first registration begins it. Never
   * rejects: a fault is logged, and the next save tries it again, as nothing is written over what was not read.
   */
  async restore(): Promise<void> {
    if (this.#options.store === undefined || this.#isLoaded) return;
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    await this.#loading;
  }

  /** How a server was when the state was saved that this run began with. */
  async previousStatus(name: string): Promise<LastStatus | undefined> {
    await this.restore();
    const found = this.#previous.get(name);
    if (found === undefined) return undefined;
    const instance = this.#options.directory.get(name);
    if (instance === undefined) return readLastStatus(found.status, name, new Redactor());
    const { identity, redactor } = this.#accountOf(instance);
    return identity === found.identity ? readLastStatus(found.status, name, redactor) : undefined;
  }

  /** Saves everything as it is now. Never rejects: a fault is logged. */
  async save(): Promise<void> {
    if (this.#options.store !== undefined && this.#atEnd === undefined) await this.#saver.flush();
  }

  /** The end begins: how the servers are at this moment is what the next run is told. */
  freeze(): void {
    const { store, directory } = this.#options;
    // Without a store nobody is told.
    const instances = store === undefined ? [] : directory.all();
    this.#atEnd = instances.map((instance) => [instance, this.#accountOf(instance).status()] as const);
    for (const { instance } of directory.allLeaving()) this.#forget(instance.name);
    this.#saver.stop();
    this.#tick?.cancel();
    for (const stop of this.#stopListening) stop();
  }

  /** The last save, with what was counted until now; none if the end came before anything was read. Never rejects. */
  async close(): Promise<void> {
    if (this.#options.store === undefined) return;
    const isLoading = this.#loading !== undefined;
    await this.#loading;
    if (!this.#isLoaded) {
      if (!isLoading && this.#atEnd?.length !== 0) this.#report('save', UNREAD);
      return;
    }
    const saved = await this.#patiently(this.#saver.flush(), 'save');
    // Whoever keeps a registry that has ended keeps no clients with it. A save that is late still has to be a whole one.
    if (saved === undefined) return;
    this.#atEnd = [];
    this.#accounts.clear();
  }

  #onServer(type: string, server: string): void {
    const instance = this.#options.directory.get(server);
    if (type === 'registered' && instance !== undefined) {
      // Made now: of a server that is unregistered, what is to be kept is asked when it has gone.
      this.#accountOf(instance);
      if (this.#isLoaded) this.#recall(instance);
      else void this.restore();
    } else if (type === 'unregistered') {
      this.#forget(server);
    }
    this.#saver.changed();
  }

  /** Of a server that somebody took away only the approvals are kept: it cannot come back as another one unseen. */
  #forget(name: string): void {
    for (const [instance, account] of this.#accounts) {
      if (instance.name !== name || this.#options.directory.get(name) === instance) continue;
      this.#accounts.delete(instance);
      const nothing = { status: undefined, catalog: undefined, client: undefined };
      const { identity } = account;
      const seenAt = this.#now();
      this.#absent.set(name, { name, identity, seenAt, ...nothing, approvals: account.approvals() });
      this.#boundAbsent();
    }
  }

  #recall(instance: ServerInstance): void {
    const { logger, restoreApprovals } = this.#options;
    const { name: server } = instance;
    const found = this.#absent.get(server);
    if (found === undefined) return;
    this.#absent.delete(server);
    if (found.identity !== this.#accountOf(instance).identity) {
      logger.info('the entry of the server has changed: what was known of the old one is not used', {
        server,
      });
      return;
    }
    restoreApprovals([{ server, tools: found.approvals }]);
    instance.client.memory.restore(found.client);
    if (found.catalog !== undefined) instance.restoreCatalog(found.catalog);
  }

  async #load(): Promise<void> {
    const { store, directory, logger } = this.#options;
    const load = Promise.resolve().then(() => store!.load());
    const loaded = await this.#patiently(load, 'load');
    // Behind the end nobody is left to be given anything.
    if (loaded === undefined || this.#atEnd !== undefined) return;
    this.#isLoaded = true;
    this.#lastFault = '';
    const found = loaded.value === undefined ? undefined : readState(loaded.value);
    if (loaded.value !== undefined && found === undefined) {
      logger.warn('what the store of the registry holds is no state of a registry; it is not used');
    }
    if (found !== undefined && found.leftOut > 0) {
      logger.warn(`${found.leftOut} servers of the saved state are unusable and were left out`);
    }
    for (const server of found?.servers ?? []) {
      this.#previous.set(server.name, { identity: server.identity, status: server.status });
      this.#absent.set(server.name, server);
    }
    for (const instance of directory.all()) this.#recall(instance);
    this.#boundAbsent();
    this.#requestsSaved = this.#requests();
    this.#tickLater();
  }

  async #save(): Promise<void> {
    const { store, logger } = this.#options;
    await this.restore();
    // It was reported by then; the next save tries to read again.
    if (!this.#isLoaded) return;
    const requests = this.#requests();
    try {
      const { state, leftOut } = this.#state();
      if (leftOut.length > 0) {
        logger.warn('the catalogs of some servers are too large to be kept', { servers: leftOut });
      }
      await store!.save(state);
      this.#requestsSaved = requests;
      this.#lastFault = '';
    } catch (error) {
      this.#report('save', error);
    }
  }

  #state(): { readonly state: RegistryState; readonly leftOut: readonly string[] } {
    const savedAt = this.#now();
    const statuses =
      this.#atEnd ?? this.#options.directory.all().map((instance) => [instance, undefined] as const);
    const present = statuses.map(([instance, status]) => {
      const account = this.#accountOf(instance);
      return account.save(savedAt, status ?? account.status());
    });
    const { servers, leftOut } = fitCatalogs([...present, ...this.#absentServers()]);
    return { state: { version: 1, savedAt, servers }, leftOut };
  }

  /** As they were found: whoever takes them over checks them. */
  #absentServers(): SavedServer[] {
    const now = this.#options.clock.wallNow();
    return [...this.#absent.values()].filter(
      ({ seenAt }) => Math.abs(now - Date.parse(seenAt)) <= ABSENT_MS,
    ) as SavedServer[];
  }

  /** Those that have been away for longest are forgotten first. */
  #boundAbsent(): void {
    const tooMany = this.#absent.size - MAX_ABSENT;
    if (tooMany <= 0) return;
    const oldest = [...this.#absent.values()].toSorted(
      (one, other) => Date.parse(one.seenAt) - Date.parse(other.seenAt),
    );
    for (const { name } of oldest.slice(0, tooMany)) this.#absent.delete(name);
  }

  #accountOf(instance: ServerInstance): ServerAccount {
    let account = this.#accounts.get(instance);
    if (account === undefined) {
      account = new ServerAccount(instance);
      this.#accounts.set(instance, account);
    }
    return account;
  }

  /** Calls tell nobody that they have changed the statistics. */
  #tickLater(): void {
    if (this.#atEnd !== undefined) return;
    this.#tick = this.#options.clock.setTimeout(() => {
      if (this.#requests() !== this.#requestsSaved) this.#saver.changed();
      this.#tickLater();
    }, STATISTICS_MS);
    this.#tick.unref();
  }

  #requests(): number {
    return this.#options.directory.all().reduce((sum, { client }) => sum + client.stats().requestsSent, 0);
  }

  /** What the store has to say, unless it fails or takes too long, which is logged. */
  async #patiently<Value>(
    work: Promise<Value>,
    what: 'load' | 'save',
  ): Promise<{ readonly value: Value } | undefined> {
    const { clock } = this.#options;
    const bounds = { signal: undefined, deadlineAt: clock.now() + STORE_PATIENCE_MS };
    const overdue = (): Error => new Error(`the store has not answered within ${STORE_PATIENCE_MS} ms`);
    try {
      return { value: await withinTime(work, bounds, clock, overdue) };
    } catch (error) {
      this.#report(what, error);
      return undefined;
    }
  }

  /** A store that fails again and again says so once. */
  #report(what: 'load' | 'save', error: unknown): void {
    const fault = `${what}: ${messageOf(error)}`;
    if (fault === this.#lastFault) return;
    this.#lastFault = fault;
    const message = `the state of the registry could not be ${what === 'load' ? 'loaded' : 'saved'}`;
    this.#options.logger.error(message, { error: messageOf(error) });
  }

  #now(): string {
    return new Date(this.#options.clock.wallNow()).toISOString();
  }
}
