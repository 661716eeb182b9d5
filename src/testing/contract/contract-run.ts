import { getEventListeners } from 'node:events';
import { systemClock } from '../../core/clock.ts';
import { SignalboxError } from '../../core/errors.ts';
import { silentLogger } from '../../core/log.ts';
import type { CloseReason, Transport } from '../../transports/transport.ts';
import {
  TRANSPORT_LIMITS,
  type TransportContext,
  type TransportLimits,
} from '../../transports/transport-context.ts';
import { seededRandom } from '../seeded-random.ts';
import type { ContractCommand } from './contract-command.ts';
import { ContractMessage, type MessageOutcome } from './contract-message.ts';
import { ContractReceiver } from './contract-receiver.ts';
import type { ContractMessageParts, ContractSubject, StartedPeer } from './contract-subject.ts';
import { ContractViolation, ViolationBook } from './contract-violation.ts';
import { CountingClock } from './counting-clock.ts';
import { holdings, leftovers } from './leftovers.ts';

const PATIENCE_MS = 10_000;
/** How often it is looked whether something has gone, in ms. */
const LOOK_MS = 10;

/** A transport under test and what stands around it. */
export interface ContractConnection {
  readonly transport: Transport;
  readonly receiver: ContractReceiver;
}

/** One case while it runs: starts the peer, makes transports and messages, and sees to it that nothing is left. */
export class ContractRun {
  readonly book = new ViolationBook();
  readonly #subject: ContractSubject;
  readonly #clock = new CountingClock();
  readonly #transports: Transport[] = [];
  #peer: StartedPeer | undefined;
  #lastId = 0;

  constructor(subject: ContractSubject) {
    this.#subject = subject;
  }

  /** Runs a case from its beginning to the last thing that it left behind. @throws ContractViolation */
  async run(body: (run: ContractRun) => Promise<void>): Promise<void> {
    const before = holdings();
    try {
      await body(this);
      this.book.raise();
    } catch (error) {
      await this.#tidy();
      throw error;
    }
    await this.#tidy();
    await this.#nothingLeft(before);
    // What is delivered or reported too late comes now.
    await pause();
    this.book.raise();
  }

  /** A transport to a fresh peer, not opened. */
  async made(limits: Partial<TransportLimits> = {}): Promise<ContractConnection> {
    this.#peer ??= await this.#subject.start();
    return await this.#keep(this.#peer.transport(this.context(limits)));
  }

  /** A transport that leads nowhere. */
  async unreachable(): Promise<ContractConnection> {
    return await this.#keep(this.#subject.unreachable!(this.context()));
  }

  /** An open transport to a fresh peer. Its signal fires as soon as it is open, which must not matter any more. */
  async opened(limits: Partial<TransportLimits> = {}): Promise<ContractConnection> {
    const made = await this.made(limits);
    const opening = new AbortController();
    await this.within(made.transport.open(made.receiver, opening.signal), 'open() did not settle');
    const listeners = getEventListeners(opening.signal, 'abort').length;
    this.check(listeners === 0, `open() left ${listeners} listeners on its signal`);
    opening.abort();
    await new Promise((resolve) => setImmediate(resolve));
    const { opening: first } = this.#subject;
    if (first !== undefined) await this.answer(made, this.message(first, true));
    return made;
  }

  context(limits: Partial<TransportLimits> = {}): TransportContext {
    return {
      server: 'peer',
      clock: this.#clock,
      random: seededRandom(1),
      logger: silentLogger,
      limits: { ...TRANSPORT_LIMITS, ...limits },
    };
  }

  // --- messages ---------------------------------------------------------------------------------------------------

  message(parts: ContractMessageParts, opensSession = false): ContractMessage {
    return new ContractMessage(++this.#lastId, parts, this.book, opensSession);
  }

  /** A request for a command, not sent yet. */
  request(command: ContractCommand, params: Readonly<Record<string, unknown>> = {}): ContractMessage {
    const given = { key: `key-${this.#lastId + 1}`, ...params };
    const { request } = this.#subject;
    const parts = request?.(command, given) ?? { method: `contract/${command}`, params: given };
    return this.message(parts);
  }

  notification(key: string): ContractMessage {
    const parts = this.#subject.notification?.(key) ?? { method: 'notifications/contract', params: { key } };
    return new ContractMessage(undefined, parts, this.book);
  }

  /** Sends, and holds that `send` does not throw. */
  send({ transport, receiver }: ContractConnection, message: ContractMessage): ContractMessage {
    if (message.expectsAnswer) receiver.expect(message);
    try {
      transport.send(message);
    } catch (error) {
      throw this.violation(`send() threw ${String(error)}; tell it to outgoing.failed`, error);
    }
    return message;
  }

  /** Sends a request, waits for its answer, and returns the value in it. */
  async answer(connection: ContractConnection, message: ContractMessage): Promise<unknown> {
    this.send(connection, message);
    return await this.valueOf(message);
  }

  /** Carries out a command and returns the value of its answer. */
  async ask(
    connection: ContractConnection,
    command: ContractCommand,
    params?: Readonly<Record<string, unknown>>,
  ): Promise<unknown> {
    return await this.answer(connection, this.request(command, params));
  }

  /** The value that a request is answered with. */
  async valueOf(message: ContractMessage): Promise<unknown> {
    const outcome = await this.outcomeOf(message);
    if (outcome.kind === 'failed') {
      throw this.violation(
        `${message.what} has to be answered, but failed: ${outcome.error.message}`,
        outcome.error,
      );
    }
    const { result } = outcome;
    return this.#subject.value === undefined ? result['value'] : this.#subject.value(result);
  }

  outcomeOf(message: ContractMessage): Promise<MessageOutcome> {
    return this.within(message.outcome, `${message.what} was neither answered nor did it fail`);
  }

  /** Sends what cannot be sent: it has to fail at once, typed, and as not delivered. */
  async refused(connection: ContractConnection, when: string): Promise<void> {
    for (const message of [this.request('echo', { value: 1 }), this.notification('late')]) {
      this.send(connection, message);
      await this.within(message.left, `${message.what}, sent ${when}, did not fail`);
      const { error } = message;
      this.check(error !== undefined, `${message.what}, sent ${when}, was taken; it has to fail`);
      this.check(!message.wasFlushed, `${message.what}, sent ${when}, was flushed`);
      this.check(
        error!.delivered === 'no',
        `${message.what}, sent ${when}, failed as delivered: ${error!.delivered}`,
      );
    }
  }

  // --- holding ----------------------------------------------------------------------------------------------------

  /** @throws ContractViolation unless `condition` is true */
  check(condition: boolean, violation: string): void {
    if (!condition) throw this.violation(violation);
  }

  /** A violation together with all that was noted before. */
  violation(what: string, cause?: unknown): ContractViolation {
    this.book.note(what);
    try {
      this.book.raise();
    } catch (error) {
      return new ContractViolation((error as ContractViolation).violations, cause);
    }
    return new ContractViolation([what], cause);
  }

  /** Waits, but not for ever. */
  async within<T>(work: Promise<T>, otherwise: string): Promise<T> {
    const ms = this.#patienceMs;
    let timeUp!: () => void;
    const late = new Promise<'late'>((resolve) => {
      timeUp = () => resolve('late');
    });
    const timer = systemClock.setTimeout(timeUp, ms);
    try {
      const first = await Promise.race([work.then((value) => ({ value })), late]);
      if (first !== 'late') return first.value;
    } finally {
      timer.cancel();
    }
    throw this.violation(`${otherwise} within ${ms} ms`);
  }

  /** Asks again and again, but not for ever, until it is so. */
  async eventually(isSo: () => Promise<boolean>, otherwise: string): Promise<void> {
    const endsAt = systemClock.now() + this.#patienceMs;
    while (!(await isSo())) {
      if (systemClock.now() > endsAt) throw this.violation(`${otherwise} within ${this.#patienceMs} ms`);
      await pause();
    }
  }

  /** Holds that a promise rejects with a SignalboxError, and returns it. */
  async rejects(work: Promise<unknown>, what: string): Promise<SignalboxError> {
    const error = await this.within(
      work.then(
        () => undefined,
        (reason: unknown) => reason,
      ),
      `${what} did not settle`,
    );
    this.check(error !== undefined, `${what} has to reject, and resolved`);
    return this.typed(error, what);
  }

  /** Holds that something rejected with a SignalboxError. */
  typed(error: unknown, what: string): SignalboxError {
    this.check(SignalboxError.is(error), `${what} rejected with what is no SignalboxError: ${String(error)}`);
    return error as SignalboxError;
  }

  /** Why it ended. Holds that the reason is a lawful one and stays the same. */
  async ended({ transport }: ContractConnection, after: string): Promise<CloseReason> {
    const reason = await this.within(transport.closed, `\`closed\` did not resolve ${after}`);
    this.check(
      ['local', 'exit', 'lost'].includes(reason.kind),
      `\`closed\` has the unknown kind ${reason.kind}`,
    );
    if (reason.kind !== 'local') {
      this.check(SignalboxError.is(reason.error), `\`closed\` (${reason.kind}) carries no SignalboxError`);
      this.keepsSecrets(reason.error.message, 'the error of `closed`');
    }
    this.check((await transport.closed) === reason, '`closed` resolved twice, with different reasons');
    return reason;
  }

  async endedLocally(connection: ContractConnection, after: string): Promise<void> {
    const { kind } = await this.ended(connection, after);
    this.check(
      kind === 'local',
      `\`closed\` says "${kind}" ${after}; it was ended on our side, which is "local"`,
    );
  }

  keepsSecrets(text: string, where: string): void {
    const { secrets = [] } = this.#subject;
    this.check(!secrets.some((secret) => text.includes(secret)), `a secret stands in ${where}`);
  }

  get #patienceMs(): number {
    return this.#subject.patienceMs ?? PATIENCE_MS;
  }

  async #keep(making: Transport | Promise<Transport>): Promise<ContractConnection> {
    const transport = await making;
    const receiver = new ContractReceiver(this.book);
    this.#transports.push(transport);
    void transport.closed.then(() => receiver.over());
    return { transport, receiver };
  }

  async #tidy(): Promise<void> {
    for (const transport of this.#transports) transport.destroy();
    const gone = Promise.all(this.#transports.map(({ closed }) => closed));
    try {
      await this.within(gone, '`closed` did not resolve after destroy()');
    } finally {
      await this.#peer?.stop();
    }
  }

  async #nothingLeft(before: ReturnType<typeof holdings>): Promise<void> {
    const endsAt = systemClock.now() + this.#patienceMs;
    for (;;) {
      const timers = this.#clock.pendingTimers;
      const left = [
        ...leftovers(before),
        ...(timers > 0 ? [`${timers} × timer of the context's clock`] : []),
      ];
      if (left.length === 0) return;
      if (systemClock.now() > endsAt) {
        throw this.violation(`when all is closed and the peer has stopped, this is left: ${left.join(', ')}`);
      }
      await pause();
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => void systemClock.setTimeout(resolve, LOOK_MS));
}
