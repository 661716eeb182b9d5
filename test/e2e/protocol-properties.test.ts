import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeadlineWheel } from '../../src/core/deadline-wheel.ts';
import { deferred } from '../../src/core/deferred.ts';
import { RemoteError, SignalboxError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/log.ts';
import type { Era } from '../../src/protocol/eras/era.ts';
import { LegacyEra } from '../../src/protocol/eras/legacy-era.ts';
import { ModernEra } from '../../src/protocol/eras/modern-era.ts';
import { Session } from '../../src/protocol/session/session.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { InboundLines } from '../../src/transports/stdio/inbound-lines.ts';
import type { CloseReason, Outgoing, Transport, TransportReceiver } from '../../src/transports/transport.ts';
import { TRANSPORT_LIMITS } from '../../src/transports/transport-context.ts';
import { SseDecoder } from '../../src/wire/sse-framing.ts';

const CALLS = 4;
const TIMEOUT_MS = 1000;
const FRAMINGS = ['lines', 'events'] as const;
type Framing = (typeof FRAMINGS)[number];

/** The bytes of a peer, read by the decoder of stdio or that of event streams, and handed to whoever opened it. */
class ByteTransport implements Transport {
  readonly kind = 'bytes';
  readonly streamPerRequest = false;
  readonly sent: string[] = [];
  readonly #framing: Framing;
  readonly #closed = deferred<CloseReason>();
  #push: (chunk: Buffer) => void = () => {};
  #end: () => void = () => {};

  constructor(framing: Framing) {
    this.#framing = framing;
  }

  get closed(): Promise<CloseReason> {
    return this.#closed.promise;
  }

  open(receiver: TransportReceiver): Promise<void> {
    const lost = (error: SignalboxError): void => this.#closed.resolve({ kind: 'lost', error });
    if (this.#framing === 'lines') {
      const context = { server: 's', limits: TRANSPORT_LIMITS, logger: silentLogger };
      const lines = new InboundLines({ context, framing: 'strict', linesUnusable: lost }, receiver);
      this.#push = (chunk) => lines.push(chunk);
      this.#end = () => lines.end();
    } else {
      const decoder = new SseDecoder(
        {
          event: ({ event, data }) => {
            if (event !== 'message') receiver.noise('ignored-event', event);
            else if (data !== '') receiver.message(data, undefined, 200);
          },
          retry: () => {},
          tooLarge: () => lost(new SignalboxError('FRAME_TOO_LARGE', 'too large')),
        },
        TRANSPORT_LIMITS.frameBytes,
      );
      this.#push = (chunk) => decoder.push(chunk);
    }
    return Promise.resolve();
  }

  /** What the peer writes, in these chunks, and then the end of the stream. */
  feed(chunks: Iterable<Buffer>): void {
    for (const chunk of chunks) this.#push(chunk);
    this.#end();
  }

  send(outgoing: Outgoing): void {
    outgoing.flushed();
    this.sent.push(outgoing.text);
  }

  abandon(): void {}

  close(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    this.#closed.resolve({ kind: 'local' });
  }

  diagnostics(): object {
    return {};
  }
}

interface Outcome {
  /** Everything that came out of the session while the bytes went in, in order. */
  readonly events: unknown[];
  /** How each call ended, at the latest by its timeout. */
  readonly calls: unknown[];
  /** What the session sent. */
  readonly sent: string[];
  readonly counters: object;
}

/** Makes calls 1 to {@link CALLS}, lets a peer write these chunks, and waits for the calls to be over. */
async function run(framing: Framing, era: Era, chunks: Iterable<Buffer>): Promise<Outcome> {
  const clock = new FakeClock();
  const transport = new ByteTransport(framing);
  const events: unknown[] = [];
  const session = new Session({
    server: 's',
    transport,
    environment: {
      clock,
      wheel: new DeadlineWheel({ clock }),
      random: () => 0,
      logger: silentLogger,
    },
    handlers: {
      notification: (method, params) => void events.push({ method, params }),
      request: (method, params) => {
        events.push({ asked: method, params });
        return Promise.resolve({ answered: method });
      },
      settled: (method) => void events.push({ settled: method }),
      sessionLost: () => {},
    },
  });
  await session.open(new AbortController().signal);
  session.era = era;
  const settled: unknown[] = Array.from({ length: CALLS });
  for (let call = 0; call < CALLS; call++) {
    const onProgress = (progress: unknown): void => void events.push({ call, progress });
    session.request(`call/${call + 1}`, {}, { timeoutMs: TIMEOUT_MS, onProgress }).then(
      (result) => {
        settled[call] = { result };
      },
      (error: unknown) => {
        settled[call] = { error };
      },
    );
  }
  transport.feed(chunks);
  await clock.advance(2 * TIMEOUT_MS);
  transport.destroy();
  await clock.advance(0);
  return { events, calls: settled, sent: transport.sent, counters: { ...session.counters } };
}

const eras: Readonly<Record<string, () => Era>> = {
  modern: () => ModernEra.of('2026-07-28', { info: { name: 'c', version: '1' }, capabilities: {} }),
  '2025-03-26': () => LegacyEra.of('2025-03-26'),
  '2025-11-25': () => LegacyEra.of('2025-11-25'),
};
const era = fc.constantFrom(...Object.keys(eras));

/** Cuts `bytes` at these places; empty chunks included. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
  return [0, ...sorted].map((from, index) => bytes.subarray(from, sorted[index] ?? bytes.length));
}

const places = fc.array(fc.nat(), { maxLength: 40 });
const text = fc.string({ unit: 'binary', maxLength: 40 });
const object = fc.dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
const id = fc.integer({ min: 1, max: CALLS });

/** Messages that a peer may send at this point. */
const message: fc.Arbitrary<unknown> = fc.oneof(
  fc.record({ jsonrpc: fc.constant('2.0'), id, result: object }),
  fc.record({
    jsonrpc: fc.constant('2.0'),
    id,
    error: fc.record({ code: fc.integer(), message: text, data: fc.jsonValue() }),
  }),
  fc.record({ progressToken: id, progress: fc.nat(), message: text }).map((params) => ({
    jsonrpc: '2.0',
    method: 'notifications/progress',
    params,
  })),
  fc.record({ jsonrpc: fc.constant('2.0'), method: text, params: object }),
  fc.record({ jsonrpc: fc.constant('2.0'), id: fc.oneof(text, fc.integer()), method: text, params: object }),
);
const messages = fc.array(
  fc.oneof({ weight: 9, arbitrary: message }, { weight: 1, arbitrary: fc.array(message, { maxLength: 3 }) }),
  { maxLength: 12 },
);

/** How a peer may write its messages: all line breaks that its framing allows, and things that mean nothing. */
function written(framing: Framing, stream: readonly unknown[], style: number): Buffer {
  const lineBreaks = framing === 'lines' ? ['\n', '\r\n', '\n\n', ' \n'] : ['\n', '\r\n', '\r'];
  const parts = stream.map((one, index) => {
    const lineBreak = lineBreaks[(style + index) % lineBreaks.length]!;
    const json = JSON.stringify(one);
    if (framing === 'lines') return `${json}${lineBreak}`;
    const fields = [[], [': alive'], ['event: message', 'id: 7'], ['retry: 5']][(style + index) % 4]!;
    return [...fields, `data: ${json}`, '', ''].join(lineBreak);
  });
  return Buffer.from(parts.join(''));
}

describe.each(FRAMINGS)('a stream of %s', (framing) => {
  it('F-034 F-099 however it is cut, the session makes the same of it', async () => {
    await fc.assert(
      fc.asyncProperty(era, messages, fc.nat(), places, async (eraName, stream, style, cuts) => {
        const bytes = written(framing, stream, style);
        const whole = await run(framing, eras[eraName]!(), [bytes]);
        const pieces = await run(framing, eras[eraName]!(), cut(bytes, cuts));
        expect(pieces).toEqual(whole);
      }),
      { numRuns: 1000 },
    );
  });

  it('cut into single bytes, every call gets its own answer', async () => {
    await fc.assert(
      fc.asyncProperty(
        era,
        fc.array(object, { minLength: CALLS, maxLength: CALLS }),
        async (eraName, answers) => {
          // A modern result that claims to be of a type nobody knows is refused, rightly.
          const results = answers.map((answer) => ({ ...answer, resultType: 'complete' }));
          const stream = results.map((result, index) => ({ jsonrpc: '2.0', id: index + 1, result }));
          const bytes = written(framing, stream.toReversed(), 0);
          const outcome = await run(framing, eras[eraName]!(), cut(bytes, [...bytes.keys()]));
          expect(outcome.calls).toEqual(JSON.parse(JSON.stringify(results.map((result) => ({ result })))));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('F-048 garbage never throws, and never keeps a call beyond its time', async () => {
    await fc.assert(
      fc.asyncProperty(era, garbage, places, async (eraName, bytes, cuts) => {
        const { calls, sent } = await run(framing, eras[eraName]!(), cut(bytes, cuts));
        for (const call of calls as { result?: unknown; error?: unknown }[]) {
          expect(call, 'every call is settled').toBeDefined();
          const isTyped = call.error instanceof RemoteError || SignalboxError.is(call.error);
          expect(isTyped || typeof call.result === 'object').toBe(true);
        }
        // Whatever came in, what went out is JSON-RPC.
        for (const one of sent) expect(JSON.parse(one)).toMatchObject({ jsonrpc: '2.0' });
        if (eraName === 'modern') {
          expect(sent.every((one) => 'method' in (JSON.parse(one) as object))).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Values that stand where something else is meant. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  id,
  id.map(String),
  fc.constantFrom(null, -1, 1.5, 2 ** 53, '', [], {}, true, '__proto__'),
);
const key = fc.oneof(
  fc.constantFrom('jsonrpc', 'id', 'method', 'params', 'result', 'error', 'code', 'message', '_meta'),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'progressToken', 'requestId', 'resultType'),
  text,
);
const method = fc.constantFrom(
  'ping',
  'notifications/progress',
  'notifications/cancelled',
  'notifications/subscriptions/acknowledged',
  'notifications/message',
  'elicitation/create',
  '',
);
const nearMessage = fc.oneof(
  fc.array(fc.tuple(key, anything), { maxLength: 6 }).map((pairs) => jsonOf(pairs)),
  fc
    .tuple(method, anything, anything)
    .map(([name, params, who]) => JSON.stringify({ jsonrpc: '2.0', id: who, method: name, params })),
  fc
    .tuple(id, anything, anything)
    .map(([who, result, error]) => JSON.stringify({ jsonrpc: '2.0', id: who, result, error })),
  fc.tuple(id, anything).map(([who, result]) => JSON.stringify({ jsonrpc: '2.0', id: who, result })),
  fc.tuple(id, anything).map(([who, error]) => JSON.stringify({ jsonrpc: '2.0', id: who, error })),
  fc.nat(3000).map((depth) => `${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`),
  fc.constantFrom('[', '{', '[]', '[[]]', '{}', 'null', '"', '[1,2]', '[null]', '{"id":1}'),
);
const garbageLine = fc
  .tuple(
    fc.oneof(
      nearMessage.map((json) => Buffer.from(json)),
      fc
        .tuple(nearMessage, fc.nat())
        .map(([json, at]) => Buffer.from(json).subarray(0, at % (json.length + 1))),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    ),
    fc.constantFrom('', 'data: ', 'data:', 'event: x\n', 'id: \u0000\n', ': '),
    fc.constantFrom('\n', '\n\n', '\r\n\r\n', '', '\r'),
  )
  .map(([bytes, before, after]) => Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]));
const garbage = fc.array(garbageLine, { maxLength: 15 }).map((lines) => Buffer.concat(lines));

/** JSON text with these members, also those that an object of ours could not hold as they are. */
function jsonOf(pairs: readonly (readonly [string, unknown])[]): string {
  const members = pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `{${members.join(',')}}`;
}
