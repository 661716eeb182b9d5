import { describe, expect, it } from 'vitest';
import { type MemoryLink, MemoryTransport } from '../../src/transports/memory-transport.ts';
import { ProbeOutgoing, ProbeReceiver } from '../helpers/transport-probe.ts';

const { signal } = new AbortController();

/** A peer that answers each request, and what it saw. */
function echo(): {
  transport: MemoryTransport;
  receiver: ProbeReceiver;
  seen: string[];
  link: () => MemoryLink;
} {
  const seen: string[] = [];
  let theirs: MemoryLink | undefined;
  const transport = new MemoryTransport((link) => {
    theirs = link;
    return {
      receive: (text) => {
        seen.push(text);
        const { id } = JSON.parse(text) as { id: number };
        if (id === 13) throw new Error('bad luck');
        link.send(JSON.stringify({ jsonrpc: '2.0', id, result: {} }));
      },
      closed: () => seen.push('closed'),
    };
  }, 'memory');
  return { transport, receiver: new ProbeReceiver(), seen, link: () => theirs! };
}

describe('MemoryTransport', () => {
  it('carries messages both ways, in order, and never within a call', async () => {
    const { transport, receiver, seen } = echo();
    await transport.open(receiver, signal);
    const calls = [new ProbeOutgoing({ id: 1 }), new ProbeOutgoing({ id: 2 })];
    for (const call of calls) transport.send(call);
    expect(seen).toEqual([]);
    expect(calls.map((call) => call.flushes)).toEqual([0, 0]);
    await transport.close();
    expect(seen).toEqual([calls[0]!.text, calls[1]!.text, 'closed']);
    expect(calls.map((call) => call.flushes)).toEqual([1, 1]);
    await expect(transport.closed).resolves.toEqual({ kind: 'local' });
    const late = new ProbeOutgoing();
    transport.send(late);
    await expect(late.failure()).resolves.toMatchObject({ code: 'CONNECTION_CLOSED', delivered: 'no' });
  });

  it('is lost when the peer closes, and when the peer fails', async () => {
    const closing = echo();
    await closing.transport.open(closing.receiver, signal);
    closing.link().close();
    await expect(closing.transport.closed).resolves.toMatchObject({
      kind: 'lost',
      error: { code: 'CONNECTION_LOST' },
    });
    closing.link().send('{}');
    await Promise.resolve();
    expect(closing.receiver.messages).toEqual([]);

    const failing = echo();
    await failing.transport.open(failing.receiver, signal);
    failing.transport.send(new ProbeOutgoing({ id: 13 }));
    await expect(failing.transport.closed).resolves.toMatchObject({
      kind: 'lost',
      error: { cause: expect.objectContaining({ message: 'bad luck' }) as unknown },
    });
  });

  it('opens once, and not with a signal that has fired', async () => {
    const { transport, receiver } = echo();
    await transport.open(receiver, signal);
    await expect(transport.open(receiver, signal)).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' });
    const other = echo();
    await expect(other.transport.open(other.receiver, AbortSignal.abort())).rejects.toMatchObject({
      code: 'REQUEST_ABORTED',
    });
    await expect(other.transport.closed).resolves.toEqual({ kind: 'local' });
  });
});
