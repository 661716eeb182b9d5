import { describe, expect, it } from 'vitest';
import type { FaultyConfig } from '../helpers/faulty-server.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { call, openFaulty, type ProbedStdio, request, textOf } from '../helpers/stdio-probe.ts';
import { until } from '../helpers/until.ts';

const tracker = trackProcesses();
const MIB = 1024 * 1024;

/** A server that answers `ping` as it is told. */
function answering(steps: readonly string[], more: FaultyConfig = {}): Promise<ProbedStdio> {
  return openFaulty(tracker, { ...more, on: { ping: steps } });
}

const hex = (data: string): string => Buffer.from(data).toString('hex');

describe('lines of a stdio server', () => {
  it('F-027 an answer in pieces of one byte is parsed once, intact', async () => {
    const { transport, receiver } = await openFaulty(tracker, { on: { 'tools/call': ['split:1'] } });
    transport.send(call(1, 'echo', { message: 'in pieces' }));
    expect(textOf((await receiver.count(1))[0])).toBe('in pieces');
    await transport.close();
    expect(receiver.texts).toHaveLength(1);
  });

  it('F-028 characters of several bytes, cut anywhere, stay intact', async () => {
    const message = 'å ☂ 🚦 漢字 e\u0301 \u2028';
    for (const size of [1, 2, 3]) {
      const { transport, receiver } = await openFaulty(tracker, { on: { 'tools/call': [`split:${size}`] } });
      transport.send(call(1, 'echo', { message }));
      expect(textOf((await receiver.count(1))[0])).toBe(message);
      await transport.close();
    }
  });

  it('F-029 a line that is not UTF-8 is noise; the connection goes on', async () => {
    const { transport, receiver } = await answering([`bytes:${hex('{"id":"')}fffe${hex('"}\n')}`, 'reply']);
    transport.send(request(1, 'ping'));
    expect(await receiver.count(1)).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
    expect(receiver.noises).toEqual([{ kind: 'invalid-utf8', sample: '{"id":"��"}' }]);
    await transport.close();
    expect(await transport.closed).toEqual({ kind: 'local' });
  });

  it('F-029 ten such lines in a row end the connection with BAD_FRAME', async () => {
    const { transport, receiver, pid } = await answering([`bytes:${'ff0a'.repeat(30)}`, 'reply']);
    transport.send(request(1, 'ping'));
    expect(await transport.closed).toMatchObject({ kind: 'lost', error: { code: 'BAD_FRAME' } });
    expect(receiver.noises).toHaveLength(10);
    await transport.close();
    expect(receiver.texts).toEqual([]);
    expect(pid()).toBeGreaterThan(0);
  });

  it('F-029 a good message in between begins a new row', async () => {
    const nine = `bytes:${'ff0a'.repeat(9)}`;
    const { transport, receiver } = await answering([nine, 'reply', nine, 'reply']);
    transport.send(request(1, 'ping'));
    await receiver.count(2);
    expect(receiver.noises).toHaveLength(18);
    await transport.close();
  });

  it('F-030 a byte order mark before the first message is stripped', async () => {
    const { transport, receiver } = await answering(['bytes:efbbbf', 'reply']);
    transport.send(request(1, 'ping'));
    expect(await receiver.count(1)).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
    expect(receiver.noises).toEqual([]);
    await transport.close();
  });

  it('F-031 CR LF, blank lines and spaces at the end are accepted', async () => {
    const { transport, receiver } = await answering(['crlf', 'reply']);
    transport.send(request(1, 'ping'));
    const answer = { jsonrpc: '2.0', id: 1, result: {} };
    expect(await receiver.count(2)).toEqual([answer, answer]);
    expect(receiver.noises).toEqual([]);
    await transport.close();
  });

  it('F-032 noise before and among messages is skipped and counted; one warning shows a sample', async () => {
    const { transport, receiver, log } = await answering(
      ['noise:[INFO] \u001b[32mready\u001b[0m', 'reply', 'noise:more', 'noise:42', 'reply'],
      { start: ['noise:Server started'] },
    );
    transport.send(request(1, 'ping'));
    await receiver.count(2);
    expect(receiver.noises.map(({ kind, sample }) => `${kind} ${sample}`)).toEqual([
      'not-json Server started',
      'not-json [INFO] \u001b[32mready\u001b[0m',
      'not-json more',
      'not-json 42',
    ]);
    expect(log).toHaveLength(1);
    expect(log[0]).toMatchObject({ level: 'warn', fields: { server: 'probe', sample: 'Server started' } });
    await transport.close();
  });

  it('F-033 noise on the line of an answer spoils that line, and is shown', async () => {
    const { transport, receiver } = await answering(['sameLine:Progress 50% ', 'reply', 'notify:after']);
    transport.send(request(1, 'ping'));
    expect(await receiver.count(1)).toEqual([{ jsonrpc: '2.0', method: 'after' }]);
    expect(receiver.noises).toEqual([
      { kind: 'not-json', sample: 'Progress 50% {"jsonrpc":"2.0","id":1,"result":{}}' },
    ]);
    await transport.close();
  });

  it('F-034 a line of 10 MB in chunks of 1 KB: FRAME_TOO_LARGE when the limit is passed, the process is stopped', async () => {
    const { transport, receiver } = await answering([`hugeLine:${10 * MIB},1024`]);
    transport.send(request(1, 'ping'));
    const reason = await transport.closed;
    expect(reason).toMatchObject({ kind: 'lost', error: { code: 'FRAME_TOO_LARGE', retryable: false } });
    if (reason.kind === 'lost') expect(reason.error.message).toContain(String(8 * MIB));
    await transport.close();
    expect(receiver.texts).toEqual([]);
  });

  it('F-035 bytes without end and without line break: the same, and memory stays near the limit', async () => {
    const { transport } = await answering(['flood:0']);
    const before = process.memoryUsage().rss;
    transport.send(request(1, 'ping'));
    expect(await transport.closed).toMatchObject({ kind: 'lost', error: { code: 'FRAME_TOO_LARGE' } });
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * MIB);
    await transport.close();
  });

  it('F-036 a valid line of 8 MB is accepted', async () => {
    const { transport, receiver } = await answering([`hugeLine:${8 * MIB}`]);
    transport.send(request(1, 'ping'));
    await receiver.count(1);
    expect(receiver.texts[0]).toHaveLength(8 * MIB);
    expect(receiver.messages[0]).toMatchObject({ id: 1 });
    await transport.close();
  });

  it('F-037 several messages in one chunk, and a half one at its end: the order is kept', async () => {
    const line = (id: number): string => `${JSON.stringify({ jsonrpc: '2.0', id, result: {} })}\n`;
    const third = line(3);
    const { transport, receiver } = await answering([
      `bytes:${hex(line(1) + line(2) + third.slice(0, 9))}`,
      'delay:30',
      `bytes:${hex(third.slice(9) + line(4))}`,
    ]);
    transport.send(request(1, 'ping'));
    await until('two have arrived', () => receiver.texts.length === 2);
    expect((await receiver.count(4)).map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    await transport.close();
  });

  it('F-039 a last message without line break is delivered at the end', async () => {
    const { transport, receiver } = await answering(['unterminated', 'closeStdout']);
    transport.send(request(1, 'ping'));
    await transport.closed;
    expect(receiver.messages).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
    await transport.close();
  });

  it('F-039 half a message at the end is discarded', async () => {
    const { transport, receiver } = await answering(['reply', 'partial', 'exit:0']);
    transport.send(request(1, 'ping'));
    await transport.closed;
    expect(receiver.texts).toHaveLength(1);
    expect(receiver.noises).toEqual([]);
  });

  it('F-040 a message spread over lines is rejected, with a hint at the option that reads it', async () => {
    const { transport, receiver, log } = await answering(['pretty', 'notify:after']);
    transport.send(request(1, 'ping'));
    await until('the lines have arrived', () => receiver.texts.at(-1)?.includes('after') === true);
    expect(receiver.noises.length).toBeGreaterThan(2);
    expect(log).toHaveLength(1);
    expect(log[0]!.message).toContain('"framing": "tolerant"');
    await transport.close();
  });

  it('F-040 tolerant framing reads it, beside ordinary messages and noise', async () => {
    const { transport, receiver } = await openFaulty(
      tracker,
      { on: { 'tools/call': ['noise:starting', 'pretty', 'reply', 'noise:[WARN] odd {', 'pretty'] } },
      { framing: 'tolerant' },
    );
    const message = 'brackets } ] { [ and "quotes\\" inside';
    transport.send(call(1, 'echo', { message }));
    const answers = await receiver.count(3);
    expect(answers.map((answer) => textOf(answer))).toEqual([message, message, message]);
    expect(receiver.noises.map(({ sample }) => sample)).toEqual(['starting', '[WARN] odd {']);
    await transport.close();
  });

  it('F-040 tolerant framing is bounded: an object that never ends is FRAME_TOO_LARGE', async () => {
    const endless = Array.from({ length: 40 }, () => `raw:"k": "${'x'.repeat(100)}",`);
    const { transport } = await openFaulty(
      tracker,
      { on: { ping: ['raw:{', ...endless] } },
      { framing: 'tolerant' },
      { frameBytes: 2048 },
    );
    transport.send(request(1, 'ping'));
    expect(await transport.closed).toMatchObject({ kind: 'lost', error: { code: 'FRAME_TOO_LARGE' } });
    await transport.close();
  });
});
