import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import type { Clock } from '../../src/core/clock.ts';
import { systemClock } from '../../src/core/clock.ts';
import { faultyEntry, QUICK, rejection, testFactories } from '../helpers/clients.ts';
import type { FaultyConfig } from '../helpers/faulty-server.ts';
import { checkHttpFixtures } from '../helpers/http-fixture.ts';
import { startMcpHttp } from '../helpers/mcp-http.ts';
import { RecordingLogger } from '../helpers/stdio-probe.ts';

checkHttpFixtures();
const makeFactory = testFactories();

async function stdio(config: FaultyConfig, settings: SignalboxSettings = {}): Promise<McpClient> {
  return await makeFactory().createAndConnect('s', faultyEntry(config, settings));
}

/** A client whose calls over HTTP are answered with this text; `ID` stands for the id of the request. */
async function http(body: string, settings: SignalboxSettings = {}): Promise<McpClient> {
  const server = await startMcpHttp({
    onCall: (_params, response, id) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(body.replaceAll('ID', String(id)));
    },
  });
  const entry = { type: 'http', url: server.url, 'x-signalbox': { ...QUICK, ...settings } };
  return await makeFactory().createAndConnect('h', entry);
}

const SHORT = { timeoutMs: 500 };

describe.each(['legacy', 'modern'] as const)('the text of JSON over stdio, %s era', (era) => {
  it('F-038 control characters that are escaped arrive as they are', async () => {
    const text = '"a\\u0000b\\u0007\\n\\u001b[31m"';
    const client = await stdio({
      era,
      on: { 'tools/call': [`result:{"content":[{"type":"text","text":${text}}]}`] },
    });
    expect(await client.callTool('echo')).toMatchObject({
      content: [{ text: 'a\u0000b\u0007\n\u001B[31m' }],
    });
  });

  it.each([
    ['a NUL in a string', '7b2261223a2261006222 7d0a'],
    ['a NUL between messages', '000a'],
    ['a line feed in a string', '7b2261223a22610a6222 7d0a'],
    ['a tab in a string', '7b2261223a2261096222 7d0a'],
  ])('F-038 %s as it is is no JSON: it is noise, and the connection goes on', async (_what, hex) => {
    const bytes = `bytes:${hex.replaceAll(' ', '')}`;
    const client = await stdio({ era, on: { 'tools/call': [bytes, 'reply'] } });
    expect(await client.callTool('echo', { message: 'x' })).toMatchObject({ content: [{ text: 'x' }] });
    expect(client.diagnostics().wire!.noise).toBeGreaterThan(0);
    expect(client.stats().connections).toBe(1);
  });

  it('F-041 of two keys of one name the last one counts', async () => {
    const result =
      '{"content":[{"type":"text","text":"first","text":"last"}],"content":[],"x":1,"x":{"x":2}}';
    // Not by the step `result`, which would write it anew.
    const raw = `raw:{"jsonrpc":"2.0","method":"notifications/unheard-of","params":{"r":${result}}}`;
    const client = await stdio({ era, on: { 'tools/call': [raw, 'reply'] } });
    const heard: unknown[] = [];
    client.on('notification', ({ params }) => heard.push(params));
    await client.callTool('echo');
    expect(heard).toEqual([{ r: { content: [], x: { x: 2 } } }]);
  });
});

describe('F-041 an answer with two ids', () => {
  it.each([
    ['another one first', '{"jsonrpc":"2.0","id":987,"id":ID,"result":{"content":[]}}'],
    ['another one last', '{"jsonrpc":"2.0","id":ID,"result":{"content":[]},"id":987}'],
    ['the same twice', '{"jsonrpc":"2.0","id":ID,"result":{"content":[]},"\\u0069d":ID}'],
  ])('is refused over HTTP: %s', async (_what, body) => {
    const client = await http(body);
    expect(await rejection(client.callTool('echo', {}, { retry: 'safe' }))).toMatchObject({
      code: expect.stringMatching(/^BAD_(?:MESSAGE|RESPONSE)$/u),
    });
    expect(client.diagnostics().wire!.badMessages).toBe(1);
  });

  it('is refused over stdio, and whoever waits under the last one is told', async () => {
    // The first request of a client whose chance is 0 has the id 1: the probe. The call is the second.
    const answer = '{"jsonrpc":"2.0","id":1,"id":2,"result":{"content":[]}}';
    const entry = faultyEntry({ era: 'modern', on: { 'tools/call': [`raw:${answer}`] } });
    const client = await makeFactory({ random: () => 0 }).createAndConnect('s', entry);
    expect(await rejection(client.callTool('echo', {}, SHORT))).toMatchObject({
      code: 'BAD_MESSAGE',
      message: expect.stringContaining('the id stands twice'),
    });
    expect(client.diagnostics().wire).toMatchObject({ badMessages: 1, unknownResponses: 0 });
  });

  it('is none where the ids belong to different objects', async () => {
    const client = await http('{"jsonrpc":"2.0","result":{"content":[],"id":1,"a":{"id":2}},"id":ID}');
    expect(await client.callTool('echo')).toMatchObject({ id: 1, a: { id: 2 } });
  });
});

/** A result as wide as JSON gets: a million numbers, or two hundred thousand keys. */
const WIDE = {
  'an array of a million numbers': `[${'1,'.repeat(999_999)}1]`,
  'an object of 400 000 keys': `{${Array.from({ length: 400_000 }, (_, i) => `"k${i}":${i}`).join(',')}}`,
} as const;

describe.each(Object.entries(WIDE))('F-055 %s', (_what, wide) => {
  const body = `{"jsonrpc":"2.0","id":ID,"result":{"content":[],"structuredContent":{"wide":${wide}}}}`;

  it('is read, within the byte limit', async () => {
    const client = await http(body);
    const { structuredContent } = await client.callTool('echo');
    const { wide: read } = structuredContent as { wide: object };
    expect(Object.keys(read).length).toBe(wide.startsWith('[') ? 1_000_000 : 400_000);
  });

  it('is refused beyond it', async () => {
    const client = await http(body, { limits: { bodyBytes: 1024 * 1024 } });
    const error = await rejection(client.callTool('echo', {}, { retry: 'safe' }));
    expect(error.message).toContain('limits.bodyBytes');
  });
});

describe('F-055 a message that takes long to read', () => {
  /** Time goes by between any two looks at it. */
  const clock: Clock = { ...systemClock, now: () => (slowNow += 60) };
  let slowNow = 0;

  it('is reported and counted if it is large', async () => {
    const logger = new RecordingLogger();
    const content = `{"content":[],"structuredContent":${WIDE['an array of a million numbers']}}`;
    const server = await startMcpHttp({
      onCall: (_params, response, id) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(`{"jsonrpc":"2.0","id":${id},"result":${content}}`);
      },
    });
    const entry = { type: 'http', url: server.url, 'x-signalbox': QUICK };
    const client = await makeFactory({ clock, logger }).createAndConnect('h', entry);
    expect(client.diagnostics().wire).toMatchObject({ slowMessages: 0 });
    await client.callTool('echo', {}, { timeoutMs: 1e9, totalTimeoutMs: 1e9 });
    expect(client.diagnostics().wire).toMatchObject({ slowMessages: 1 });
    const reports = logger.lines.filter(({ fields }) => fields?.['event'] === 'wire.slow_message');
    expect(reports).toMatchObject([
      {
        level: 'warn',
        fields: { server: 'h', characters: expect.any(Number), elapsedMs: expect.any(Number) },
      },
    ]);
  });
});
