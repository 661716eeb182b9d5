import { afterEach, describe, expect, it } from 'vitest';
import { SignalboxError } from '../../../src/core/errors.ts';
import type {
  CloseReason,
  Outgoing,
  TransportDiagnostics,
  TransportReceiver,
} from '../../../src/transports/transport.ts';
import { BRIEF_MS, isAnswer, Mutant, type Mutation, mutated, muted, nothing, verdict } from './mutant.ts';
import { memorySubject } from './subjects/memory-subject.ts';

const ending: (() => void)[] = [];
afterEach(() => {
  for (const end of ending.splice(0)) end();
});

/** Mutation, title of the case that must notice, what it must say. */
const OVER_MEMORY: readonly (readonly [string, Mutation, string, RegExp])[] = [
  [
    'opens although its signal has fired',
    class extends Mutant {
      override open(receiver: TransportReceiver): Promise<void> {
        return super.open(receiver, new AbortController().signal);
      }
    },
    'a signal that has fired already',
    /has to reject, and resolved/u,
  ],
  [
    'listens to its signal for ever',
    class extends Mutant {
      override open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
        signal.addEventListener('abort', nothing);
        return super.open(receiver, signal);
      }
    },
    'opens, carries a request',
    /left 1 listeners on its signal/u,
  ],
  [
    'ends when the signal of its opening fires later',
    class extends Mutant {
      override open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
        return super
          .open(receiver, signal)
          .then(() => void setImmediate(() => signal.aborted && this.destroy()));
      }
    },
    'lets answers come in another order',
    /failed/u,
  ],
  [
    'opens twice',
    class extends Mutant {
      override open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
        return this.receiver === undefined ? super.open(receiver, signal) : Promise.resolve();
      }
    },
    'is opened once',
    /has to reject, and resolved/u,
  ],
  [
    'rejects with an error of no type',
    class extends Mutant {
      override open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
        return super.open(receiver, signal).catch(() => {
          throw new Error('no');
        });
      }
    },
    'is opened once',
    /no SignalboxError: Error: no/u,
  ],
  [
    'never settles an opening that is destroyed',
    class extends Mutant {
      override open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
        void super.open(receiver, signal);
        return new Promise(nothing);
      }
    },
    'destroyed while it opens',
    /open\(\) did not settle/u,
  ],
  [
    'throws from send',
    class extends Mutant {
      override send(outgoing: Outgoing): void {
        super.send(muted(outgoing, { failed: (error) => expect.fail(error.message) }));
      }
    },
    'close ends it',
    /send\(\) threw/u,
  ],
  [
    'forgets what is sent after its end',
    class extends Mutant {
      override send(outgoing: Outgoing): void {
        super.send(muted(outgoing, { failed: nothing }));
      }
    },
    'destroy ends it',
    /did not fail/u,
  ],
  [
    'says of what it never sent that it may have arrived',
    class extends Mutant {
      override send(outgoing: Outgoing): void {
        const failed = (): void =>
          outgoing.failed(new SignalboxError('CONNECTION_CLOSED', 'over', { delivered: 'unknown' }));
        super.send(muted(outgoing, { failed }));
      }
    },
    'what is sent before it is open',
    /failed as delivered: unknown/u,
  ],
  [
    'reports the flush twice',
    class extends Mutant {
      override send(outgoing: Outgoing): void {
        const flushed = (): void => {
          outgoing.flushed();
          outgoing.flushed();
        };
        super.send(muted(outgoing, { flushed }));
      }
    },
    'reports each message as flushed',
    /flushed\(\) was called 2 times/u,
  ],
  [
    'never reports the flush',
    class extends Mutant {
      override send(outgoing: Outgoing): void {
        super.send(muted(outgoing, { flushed: nothing }));
      }
    },
    'reports each message as flushed',
    /delivered before flushed\(\)/u,
  ],
  [
    'fails a request after its answer',
    class extends Mutant {
      readonly #sent: Outgoing[] = [];
      override send(outgoing: Outgoing): void {
        this.#sent.push(outgoing);
        super.send(outgoing);
      }
      override deliver(text: string, exchange: Outgoing | undefined): void {
        super.deliver(text, exchange);
        this.#sent.shift()?.failed(new SignalboxError('CONNECTION_LOST', 'late'));
      }
    },
    'reports each message as flushed',
    /failed\(\) was called for .* after its answer/u,
  ],
  [
    'fails twice',
    class extends Mutant {
      override send(outgoing: Outgoing): void {
        const failed = (error: SignalboxError): void => {
          outgoing.failed(error);
          outgoing.failed(error);
        };
        super.send(muted(outgoing, { failed }));
      }
    },
    'close ends it',
    /failed\(\) was called twice/u,
  ],
  [
    'delivers answers twice',
    class extends Mutant {
      override deliver(text: string, exchange: Outgoing | undefined): void {
        super.deliver(text, exchange);
        super.deliver(text, exchange);
      }
    },
    'reports each message as flushed',
    /delivered twice/u,
  ],
  [
    'names another request as the exchange of an answer',
    class extends Mutant {
      #first: Outgoing | undefined;
      override send(outgoing: Outgoing): void {
        this.#first ??= outgoing;
        super.send(outgoing);
      }
      override deliver(text: string): void {
        super.deliver(text, this.#first);
      }
    },
    'keeps many requests in flight apart',
    /another request as its exchange/u,
  ],
  [
    'lets messages overtake each other',
    class extends Mutant {
      #held: Outgoing | undefined;
      override send(outgoing: Outgoing): void {
        if (this.#held === undefined && outgoing.expectsAnswer) {
          this.#held = outgoing;
          setImmediate(() => this.#release());
          return;
        }
        super.send(outgoing);
        this.#release();
      }
      #release(): void {
        const held = this.#held;
        this.#held = undefined;
        if (held !== undefined) super.send(held);
      }
    },
    'keeps the order of messages',
    /overtook each other/u,
  ],
  [
    'loses notifications on their way out',
    class extends Mutant {
      override send(outgoing: Outgoing): void {
        if (outgoing.expectsAnswer) super.send(outgoing);
        else outgoing.flushed();
      }
    },
    'carries notifications',
    /not all notifications arrived/u,
  ],
  [
    'reorders what the peer says',
    class extends Mutant {
      override deliver(text: string, exchange: Outgoing | undefined): void {
        if (isAnswer(text)) super.deliver(text, exchange);
        else setImmediate(() => super.deliver(text, exchange));
      }
    },
    'delivers what the peer says unasked',
    /100 notifications were sent; delivered were 0/u,
  ],
  [
    'cuts large messages',
    class extends Mutant {
      override deliver(text: string, exchange: Outgoing | undefined): void {
        super.deliver(text.length > 500_000 ? text.replace(/\.{8}/gu, '.') : text, exchange);
      }
    },
    'carries large messages',
    /other characters came back/u,
  ],
  [
    'spoils characters of four bytes',
    class extends Mutant {
      override deliver(text: string, exchange: Outgoing | undefined): void {
        super.deliver(text.replaceAll('😀', '\ufffd'), exchange);
      }
    },
    'carries every text',
    /came back as/u,
  ],
  [
    'ends the connection with one request that is given up',
    class extends Mutant {
      override abandon(): void {
        this.inner.destroy();
      }
    },
    'goes on after a request was given up',
    /failed/u,
  ],
  [
    'does not notice that the peer has gone',
    class extends Mutant {
      readonly #closed: Promise<CloseReason> = new Promise((resolve) => {
        void this.inner.closed.then((reason) => reason.kind === 'local' && resolve(reason));
        ending.push(() => resolve({ kind: 'local' }));
      });
      #end: ((reason: CloseReason) => void) | undefined;
      readonly #ended = new Promise<CloseReason>((resolve) => {
        this.#end = resolve;
      });
      override get closed(): Promise<CloseReason> {
        return Promise.race([this.#closed, this.#ended]);
      }
      override destroy(): void {
        super.destroy();
        this.#end?.({ kind: 'local' });
      }
    },
    'the peer dies',
    /neither failed nor did `closed` resolve/u,
  ],
  [
    'says of a loss that it was our own doing',
    class extends Mutant {
      readonly #closed: Promise<CloseReason> = this.inner.closed.then(() => ({ kind: 'local' }));
      override get closed(): Promise<CloseReason> {
        return this.#closed;
      }
    },
    'the peer ends in good order',
    /says "local"/u,
  ],
  [
    'tells a loss with an error of no type',
    class extends Mutant {
      readonly #closed: Promise<CloseReason> = this.inner.closed.then((reason) =>
        reason.kind === 'local' ? reason : { kind: 'lost', error: new Error('gone') as SignalboxError },
      );
      override get closed(): Promise<CloseReason> {
        return this.#closed;
      }
    },
    'the peer dies',
    /carries no SignalboxError/u,
  ],
  [
    'resolves `closed` anew each time',
    class extends Mutant {
      override get closed(): Promise<CloseReason> {
        return this.inner.closed.then((reason) => ({ ...reason }));
      }
    },
    'close ends it',
    /resolved twice, with different reasons/u,
  ],
  [
    'never comes back from close',
    class extends Mutant {
      override close(): Promise<void> {
        this.destroy();
        return new Promise(nothing);
      }
    },
    'close ends it',
    /close\(\) did not settle/u,
  ],
  [
    'says of its own end that it was a loss',
    class extends Mutant {
      readonly #closed: Promise<CloseReason> = this.inner.closed.then((reason) =>
        reason.kind === 'local'
          ? { kind: 'lost', error: new SignalboxError('CONNECTION_LOST', 'gone') }
          : reason,
      );
      override get closed(): Promise<CloseReason> {
        return this.#closed;
      }
    },
    'destroy ends it',
    /says "lost"/u,
  ],
  [
    'delivers after its end',
    class extends Mutant {
      override deliver(text: string, exchange: Outgoing | undefined): void {
        super.deliver(text, exchange);
        void this.closed.then(() =>
          setImmediate(() => this.receiver!.message('{"method":"late"}', undefined)),
        );
      }
    },
    'close ends it',
    /after `closed` had resolved/u,
  ],
  [
    'closes without what is on its way',
    class extends Mutant {
      override send(outgoing: Outgoing): void {
        setImmediate(() => super.send(muted(outgoing, { failed: nothing })));
      }
    },
    'close loses nothing in silence',
    /20 of 20 messages were lost/u,
  ],
  [
    'leaves a timer of the clock',
    class extends Mutant {
      override open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
        const timer = this.context.clock.setTimeout(nothing, 60_000);
        ending.push(() => timer.cancel());
        return super.open(receiver, signal);
      }
    },
    'is opened once',
    /is left: .*timer of the context's clock/u,
  ],
  [
    'leaves a timer',
    class extends Mutant {
      override open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
        const timer = setTimeout(nothing, 60_000);
        ending.push(() => clearTimeout(timer));
        return super.open(receiver, signal);
      }
    },
    'is opened once',
    /is left: .*Timeout/u,
  ],
  [
    'leaves a listener on the process',
    class extends Mutant {
      override open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
        process.on('exit', nothing);
        ending.push(() => void process.off('exit', nothing));
        return super.open(receiver, signal);
      }
    },
    'is opened once',
    /is left: .*listener of process for "exit"/u,
  ],
  [
    'throws from diagnostics',
    class extends Mutant {
      override diagnostics(): TransportDiagnostics {
        throw new Error('not now');
      }
    },
    'tells of itself',
    /diagnostics\(\) threw before it is open/u,
  ],
  [
    'tells a secret',
    class extends Mutant {
      override diagnostics(): TransportDiagnostics {
        return { sessionId: 'hunter2' };
      }
    },
    'tells of itself',
    /a secret stands in the diagnostics/u,
  ],
  [
    'tells a URL with credentials',
    class extends Mutant {
      override diagnostics(): TransportDiagnostics {
        return { url: 'ws://me:pass@127.0.0.1/' };
      }
    },
    'tells of itself',
    /the url in the diagnostics holds credentials/u,
  ],
  [
    'has a kind that cannot be one',
    class extends Mutant {
      override get kind(): string {
        return 'My Transport';
      }
    },
    'has a kind and traits',
    /cannot name a kind/u,
  ],
  [
    'changes its trait',
    class extends Mutant {
      override get streamPerRequest(): boolean {
        return this.receiver !== undefined;
      }
    },
    'has a kind and traits',
    /is another one when it is open/u,
  ],
];

describe('the contract notices a transport that', () => {
  it.each(OVER_MEMORY)('%s', async (_what, mutation, title, says) => {
    // What is told of something that never comes is told after a time; everything else is seen when it happens.
    const waits = /settle|is left|not all|did not fail|neither/u.test(says.source);
    const subject = mutated(memorySubject, mutation, waits ? BRIEF_MS : undefined);
    expect((await verdict(subject, title)).message).toMatch(says);
  });
});
