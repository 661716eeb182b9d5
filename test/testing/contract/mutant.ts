import { expect } from 'vitest';
import { type ContractSubject, ContractViolation, transportContract } from '../../../src/testing/index.ts';
import type {
  CloseReason,
  Outgoing,
  Transport,
  TransportDiagnostics,
  TransportReceiver,
} from '../../../src/transports/transport.ts';
import type { TransportContext } from '../../../src/transports/transport-context.ts';

/** A correct transport inside; each mutant breaks one promise of it. */
export class Mutant implements Transport {
  readonly inner: Transport;
  readonly context: TransportContext;
  receiver: TransportReceiver | undefined;

  constructor(inner: Transport, context: TransportContext) {
    this.inner = inner;
    this.context = context;
  }

  get kind(): string {
    return this.inner.kind;
  }

  get streamPerRequest(): boolean {
    return this.inner.streamPerRequest;
  }

  get closed(): Promise<CloseReason> {
    return this.inner.closed;
  }

  open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
    this.receiver = receiver;
    return this.inner.open(
      {
        message: (text, exchange, status) => this.deliver(text, exchange, status),
        noise: (kind, sample) => this.noise(kind, sample),
      },
      signal,
    );
  }

  deliver(text: string, exchange: Outgoing | undefined, status?: number): void {
    this.receiver!.message(text, exchange, status);
  }

  noise(kind: Parameters<TransportReceiver['noise']>[0], sample: string): void {
    this.receiver!.noise(kind, sample);
  }

  send(outgoing: Outgoing): void {
    this.inner.send(outgoing);
  }

  abandon(outgoing: Outgoing): void {
    this.inner.abandon(outgoing);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  destroy(): void {
    this.inner.destroy();
  }

  diagnostics(): TransportDiagnostics {
    return this.inner.diagnostics();
  }
}

/** A way to break a promise. */
export type Mutation = new (inner: Transport, context: TransportContext) => Mutant;

/** Tells only some of what a message is told. */
export function muted(outgoing: Outgoing, changes: Partial<Pick<Outgoing, 'flushed' | 'failed'>>): Outgoing {
  return new Proxy(outgoing, {
    get: (target, name) => {
      const changed = (changes as Record<PropertyKey, unknown>)[name];
      const value: unknown = changed ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
}

/** True for a response. */
export const isAnswer = (text: string): boolean => !('method' in (JSON.parse(text) as object));
/** Does nothing. */
export const nothing = (): void => {};

/** For mutants by which something never comes: long enough for whatever works, on a busy machine too. */
export const BRIEF_MS = 1000;

/** A subject whose transports are broken in one way. */
export const mutated = (
  subject: ContractSubject,
  mutation: Mutation,
  patienceMs?: number,
): ContractSubject => ({
  ...subject,
  secrets: ['hunter2'],
  patienceMs,
  start: async () => {
    const peer = await subject.start();
    return {
      transport: async (context) => new mutation(await peer.transport(context), context),
      stop: () => peer.stop(),
    };
  },
});

/** What the case whose title begins so says of a subject. */
export async function verdict(subject: ContractSubject, title: string): Promise<ContractViolation> {
  const found = transportContract(subject).filter((one) => one.title.startsWith(title));
  expect(found.map((one) => one.title)).toHaveLength(1);
  expect(found[0]!.skip).toBeUndefined();
  const thrown: unknown = await found[0]!.run().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown, 'the case has to fail').toBeInstanceOf(ContractViolation);
  return thrown as ContractViolation;
}
