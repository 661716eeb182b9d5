import { describe, expect, it } from 'vitest';
import {
  FakeClock,
  faultyTransport,
  faultyTransportBuilder,
  type TransportFault,
  TransportFaults,
} from '../../src/testing/index.ts';
import { type MemoryLink, MemoryTransport } from '../../src/transports/memory-transport.ts';
import type { Transport } from '../../src/transports/transport.ts';
import { ProbeOutgoing, ProbeReceiver } from '../helpers/transport-probe.ts';

interface Probe {
  readonly transport: Transport;
  readonly receiver: ProbeReceiver;
  readonly faults: TransportFaults;
  readonly clock: FakeClock;
  /** What the server got. */
  readonly received: string[];
  readonly link: () => MemoryLink;
}

const NEVER = new AbortController().signal;

async function opened(...faults: TransportFault[]): Promise<Probe> {
  const received: string[] = [];
  let link: MemoryLink | undefined;
  const inner = new MemoryTransport((its) => {
    link = its;
    return { receive: (text) => void received.push(text) };
  }, 'memory');
  const control = new TransportFaults(faults);
  const clock = new FakeClock();
  const transport = faultyTransport(inner, { faults: control, clock, server: 'memory' });
  const receiver = new ProbeReceiver();
  await transport.open(receiver, NEVER);
  return { transport, receiver, faults: control, clock, received, link: () => link! };
}

describe('a faulty transport keeps the rules of a transport', () => {
  it('what is held has not left: not flushed, not seen, in order', async () => {
    const { transport, clock, received } = await opened({
      kind: 'latency',
      ms: 100,
      direction: 'out',
      times: 1,
    });
    const [first, second] = [new ProbeOutgoing(), new ProbeOutgoing()];
    transport.send(first);
    transport.send(second);
    await clock.advance(99);
    expect([first.flushes, second.flushes, received.length]).toEqual([0, 0, 0]);
    await clock.advance(1);
    expect([first.flushes, second.flushes]).toEqual([1, 1]);
    expect(received).toEqual([first.text, second.text]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('what arrives is held as well, in order', async () => {
    const { link, clock, receiver } = await opened({ kind: 'latency', ms: 100, direction: 'in', times: 1 });
    link().send('1');
    link().send('2');
    await clock.advance(99);
    expect(receiver.messages).toEqual([]);
    await clock.advance(1);
    expect(receiver.messages.map(({ text }) => text)).toEqual(['1', '2']);
  });

  it('what is abandoned while it is held never leaves, and takes its timer along', async () => {
    const { transport, clock, received } = await opened({ kind: 'latency', ms: 100, direction: 'out' });
    const outgoing = new ProbeOutgoing();
    transport.send(outgoing);
    expect(clock.pendingTimers).toBe(1);
    outgoing.answer('given up');
    transport.abandon(outgoing);
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(200);
    expect(received).toEqual([]);
  });

  it('a dropped message counts as delivered, as far as anybody can tell', async () => {
    const { transport, clock, received } = await opened({ kind: 'drop', direction: 'out' });
    const outgoing = new ProbeOutgoing();
    transport.send(outgoing);
    await clock.advance(0);
    expect([outgoing.flushes, received.length]).toEqual([1, 0]);
    transport.destroy();
    expect(await outgoing.failure()).toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'unknown' });
    expect(await transport.closed).toEqual({ kind: 'local' });
  });

  it('close lets out what is held, destroy does not', async () => {
    const latency: TransportFault = { kind: 'latency', ms: 1000, direction: 'out' };
    const polite = await opened(latency);
    const sent = new ProbeOutgoing();
    polite.transport.send(sent);
    await polite.transport.close();
    expect(polite.received).toEqual([sent.text]);
    expect(await polite.transport.closed).toEqual({ kind: 'local' });
    const rough = await opened(latency);
    const lost = new ProbeOutgoing();
    rough.transport.send(lost);
    rough.transport.destroy();
    expect(await lost.failure()).toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'no' });
    expect(rough.received).toEqual([]);
    const late = new ProbeOutgoing();
    rough.transport.send(late);
    expect(await late.failure()).toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'no' });
    expect([polite.clock.pendingTimers, rough.clock.pendingTimers]).toEqual([0, 0]);
  });

  it('a reset ends it once, with a reason, and tells everybody', async () => {
    const { transport, faults, clock, received } = await opened({ kind: 'drop', direction: 'out', times: 1 });
    const [dropped, resetting] = [new ProbeOutgoing(), new ProbeOutgoing()];
    transport.send(dropped);
    faults.set({ kind: 'reset', direction: 'out', times: 1 });
    transport.send(resetting);
    expect([dropped.flushes, resetting.flushes, received.length]).toEqual([1, 1, 0]);
    expect(await dropped.failure()).toMatchObject({ code: 'CONNECTION_LOST', delivered: 'unknown' });
    expect(await transport.closed).toMatchObject({ kind: 'lost', error: { code: 'CONNECTION_LOST' } });
    const late = new ProbeOutgoing();
    transport.send(late);
    expect(await late.failure()).toMatchObject({ code: 'CONNECTION_LOST', delivered: 'no', retryable: true });
    transport.destroy();
    await transport.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('the end of the connection inside is its own, after what had arrived', async () => {
    const { transport, link, receiver, clock } = await opened({ kind: 'latency', ms: 1000 });
    link().send('last words');
    await clock.advance(0);
    const held = new ProbeOutgoing();
    transport.send(held);
    link().close();
    expect(await transport.closed).toMatchObject({ kind: 'lost', error: { code: 'CONNECTION_LOST' } });
    expect(receiver.messages.map(({ text }) => text)).toEqual(['last words']);
    expect(await held.failure()).toMatchObject({ code: 'CONNECTION_LOST', delivered: 'no' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not hold more than its bound', async () => {
    const { transport, faults, link, clock, received } = await opened({ kind: 'hang', direction: 'out' });
    const big = (): ProbeOutgoing => new ProbeOutgoing({ method: 'x'.repeat(9 * 1024 * 1024) });
    const [first, second] = [big(), big()];
    transport.send(first);
    transport.send(second);
    expect(await second.failure()).toMatchObject({ code: 'BACKPRESSURE', delivered: 'no' });
    faults.clear();
    await clock.advance(0);
    expect(received).toHaveLength(1);
    faults.set({ kind: 'hang', direction: 'in' });
    const text = 'x'.repeat(9 * 1024 * 1024);
    link().send(text);
    link().send(text);
    expect(await transport.closed).toMatchObject({ kind: 'lost', error: { code: 'CONNECTION_LOST' } });
  });

  it('is opened once, and not when its signal has fired', async () => {
    const { transport } = await opened();
    await expect(transport.open(new ProbeReceiver(), NEVER)).rejects.toMatchObject({
      code: 'CONNECTION_CLOSED',
    });
    transport.destroy();
    const inner = new MemoryTransport(() => ({ receive: () => {} }), 'memory');
    const other = faultyTransport(inner);
    await expect(other.open(new ProbeReceiver(), AbortSignal.abort())).rejects.toMatchObject({
      code: 'REQUEST_ABORTED',
    });
    expect(await other.closed).toEqual({ kind: 'local' });
    expect([other.kind, other.streamPerRequest, other.diagnostics()]).toEqual(['memory', false, {}]);
  });

  it('an opening that hangs ends when it is closed', async () => {
    const inner = new MemoryTransport(() => ({ receive: () => {} }), 'memory');
    const transport = faultyTransport(inner, { faults: { kind: 'hang', direction: 'open' } });
    const opening = transport.open(new ProbeReceiver(), NEVER).catch((error: unknown) => error);
    await transport.close();
    expect(await opening).toMatchObject({ code: 'CONNECTION_CLOSED' });
  });
});

describe('transport faults', () => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ['an unknown kind', { kind: 'fire' }],
    ['a rate above 1', { kind: 'drop', rate: 2 }],
    ['no times', { kind: 'drop', times: 0 }],
    ['an unknown direction', { kind: 'drop', direction: 'up' }],
    ['an opening that is dropped', { kind: 'drop', direction: 'open' }],
    ['a delay backwards', { kind: 'latency', ms: [2, 1] }],
    ['a negative delay', { kind: 'latency', ms: -1 }],
  ];
  it.each(wrong)('%s is refused', (_what, fault) => {
    expect(() => new TransportFaults(fault as TransportFault)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    expect(() => faultyTransportBuilder('carrier-pigeon' as 'stdio', new TransportFaults())).toThrow(
      /built-in/u,
    );
  });

  it('are drawn from the random source, and switched', () => {
    const values = [0.4, 0.6, 0.4];
    const faults = new TransportFaults({ kind: 'drop', rate: 0.5 }, () => values.shift()!);
    const drawn = [0, 1, 2].map(() => faults.draw('out').kind);
    expect(drawn).toEqual(['drop', undefined, 'drop']);
    faults.switchOff();
    expect([faults.isOn, faults.draw('in').kind, faults.happened('drop')]).toEqual([false, undefined, 2]);
  });
});
