// Memory of large lines is used again: no line may change before it has left, whoever reads however slowly.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { QUICK, testFactories } from '../helpers/clients.ts';

const makeFactory = testFactories();

/** Answers with a hash of what arrived. Now and then it does not read for a moment, so that lines wait. */
const SERVER = `
  const { createHash } = require('node:crypto');
  const { createInterface } = require('node:readline');
  let lines = 0;
  createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return;
    if (++lines % 25 === 0) { process.stdin.pause(); setTimeout(() => process.stdin.resume(), 20); }
    const hash = (text) => createHash('sha256').update(text).digest('hex');
    const result = method === 'initialize'
      ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'hash', version: '1' } }
      : { content: [{ type: 'text', text: hash(params.arguments.text) }] };
    console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
  });
`;

/** Of ASCII, of letters of two bytes and of three, of pairs, and of halves of pairs. */
const LETTERS = ['x', 'ä', '汉', '🙂', '\uD83D'];

describe('large lines over stdio', () => {
  it('arrive as they were sent, many at once, of all sizes and letters', async () => {
    const client = makeFactory().create('s', {
      type: 'stdio',
      command: process.execPath,
      args: ['-e', SERVER],
      'x-signalbox': { ...QUICK, protocol: 'legacy', timeouts: { ...QUICK.timeouts, request: 60_000 } },
    });
    await client.connect();
    const texts = Array.from({ length: 240 }, (_, index) => {
      const letter = LETTERS[index % 7 === 0 ? index % LETTERS.length : 0]!;
      const bytes = index % 40 === 39 ? 1_300_000 : 2000 + ((index * 7919) % 150_000);
      return `${index} ${letter.repeat(bytes / Buffer.byteLength(letter))}`;
    });
    const sent = (text: string): string => createHash('sha256').update(text).digest('hex');
    const answers = await Promise.all(texts.map((text) => client.callTool('hash', { text })));
    const arrived = answers.map(({ content }) => (content[0] as { readonly text: string }).text);
    expect(arrived).toEqual(texts.map((text) => sent(text)));
  });
});
