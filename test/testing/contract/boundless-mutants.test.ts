import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../../../src/core/errors.ts';
import type { ContractSubject } from '../../../src/testing/index.ts';
import type { Outgoing, TransportReceiver } from '../../../src/transports/transport.ts';
import { TRANSPORT_LIMITS } from '../../../src/transports/transport-context.ts';
import { BRIEF_MS, Mutant, mutated, nothing, verdict } from './mutant.ts';
import { httpSubjects, serveHttp } from './subjects/http-subject.ts';
import { memorySubject } from './subjects/memory-subject.ts';
import { sseSubject } from './subjects/sse-subject.ts';
import { stdioSubject } from './subjects/stdio-subject.ts';

describe('the contract notices a transport that', () => {
  it('keeps quiet about noise, or hands on all of it', async () => {
    const title = 'reports what is no message as noise';
    class Quiet extends Mutant {
      override noise(): void {}
    }
    class Loud extends Mutant {
      override noise(kind: 'not-json'): void {
        this.receiver!.noise(kind, 'x'.repeat(2000));
      }
    }
    expect((await verdict(mutated(sseSubject, Quiet), title)).message).toMatch(
      /not reported to receiver\.noise/u,
    );
    expect((await verdict(mutated(sseSubject, Loud), title)).message).toMatch(
      /the sample of a noise has 2000/u,
    );
  });

  it.each(['limits.frameBytes', 'limits.sendQueueBytes'])('knows no %s', async (limit) => {
    const boundless: ContractSubject = {
      ...stdioSubject,
      start: async () => {
        const peer = await stdioSubject.start();
        const limits = { ...TRANSPORT_LIMITS, sendQueueBytes: Number.POSITIVE_INFINITY };
        return { ...peer, transport: (context) => peer.transport({ ...context, limits }) };
      },
    };
    const isFrame = limit === 'limits.frameBytes';
    const title = isFrame ? 'refuses a message beyond' : 'lets no more wait';
    expect((await verdict(boundless, title)).message).toMatch(
      isFrame ? /was delivered with limits/u : /64 MiB were taken/u,
    );
  });

  it('ends all requests when one of several streams is given up', async () => {
    class Careless extends Mutant {
      readonly #sent: Outgoing[] = [];
      override send(outgoing: Outgoing): void {
        this.#sent.push(outgoing);
        super.send(outgoing);
      }
      override abandon(): void {
        for (const outgoing of this.#sent) super.abandon(outgoing);
      }
    }
    const subject = mutated(httpSubjects['http, answers as event streams']!, Careless, BRIEF_MS);
    const title = 'where each request has a stream of its own';
    expect((await verdict(subject, title)).message).toMatch(
      /has no answer after another request|neither answered nor did it fail/u,
    );
  });

  it('leaves a socket', async () => {
    const server = await serveHttp(nothing);
    let socket: Socket | undefined;
    class Leaking extends Mutant {
      override open(receiver: TransportReceiver, signal: AbortSignal): Promise<void> {
        socket = connect(Number(new URL(server.url).port), '127.0.0.1');
        return super.open(receiver, signal);
      }
    }
    const { message } = await verdict(mutated(memorySubject, Leaking, BRIEF_MS), 'opens, carries a request');
    expect(message).toMatch(/is left: .*TCP/u);
    socket?.destroy();
    await server.stop();
  });

  it('says nothing where nobody is there, or not what became of the request', async () => {
    const unreachable = (
      open: () => Promise<void>,
      failed: (outgoing: Outgoing) => void,
    ): ContractSubject => ({
      ...memorySubject,
      patienceMs: BRIEF_MS,
      unreachable: async (context) => {
        const peer = await memorySubject.start();
        class Nowhere extends Mutant {
          override open = open;
          override send(outgoing: Outgoing): void {
            failed(outgoing);
          }
        }
        return new Nowhere(await peer.transport(context), context);
      },
    });
    const title = 'nobody there';
    const untyped = unreachable(() => Promise.reject(new Error('refused')), nothing);
    expect((await verdict(untyped, title)).message).toMatch(/no SignalboxError/u);
    const silent = unreachable(() => Promise.resolve(), nothing);
    expect((await verdict(silent, title)).message).toMatch(/neither answered nor did it fail/u);
    const doubtful = unreachable(
      () => Promise.resolve(),
      (outgoing) => outgoing.failed(new SignalboxError('CONNECT_FAILED', 'x', { delivered: 'unknown' })),
    );
    expect((await verdict(doubtful, title)).message).toMatch(/failed as delivered: unknown/u);
  });
});
