import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LogLevel, ServerLog } from '../../src/client/client-events.ts';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import { rejection, testFactories } from '../helpers/clients.ts';
import { startHttpFixture } from '../helpers/http-fixture.ts';
import {
  EVERYWHERE,
  type Exchange,
  LEGACY_WIRES,
  type PeerOptions,
  type ProtocolPeer,
  testPeers,
} from '../helpers/protocol-peer.ts';
import { until } from '../helpers/until.ts';

const startPeer = testPeers();
const makeFactory = testFactories();

const LEVELS: readonly LogLevel[] = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
];

async function connected(
  options: PeerOptions,
  settings: SignalboxSettings = {},
): Promise<{ peer: ProtocolPeer; client: McpClient; warnings: string[] }> {
  const peer = await startPeer(options);
  const client = makeFactory().create('s', peer.entry(settings));
  const warnings: string[] = [];
  client.on('warning', ({ message }) => warnings.push(message));
  await client.connect();
  return { peer, client, warnings };
}

const tool = (name: string, properties: Record<string, unknown>): Record<string, unknown> => ({
  name,
  inputSchema: { type: 'object', properties },
});
const mirrored = (headers: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('mcp-param-')));

describe('mirrored arguments (x-mcp-header)', () => {
  it('H26-9 H26-11 XH-5 stand in headers of the call, as far as they are there and can', async () => {
    const { peer, client } = await connected({ wire: 'http' });
    const annotated = (type: string, header: string): object => ({ type, 'x-mcp-header': header });
    peer.tools = [
      tool('query', {
        region: annotated('string', 'Region'),
        limit: annotated('integer', 'Limit'),
        dry: annotated('boolean', 'Dry-Run'),
        method: annotated('string', 'Method'),
        nested: { type: 'object', properties: { tenant: annotated('string', 'Tenant') } },
        plain: { type: 'string' },
      }),
    ];
    await client.listTools();
    const calls: [Record<string, unknown>, Record<string, string>][] = [
      [
        { region: 'eu', limit: 42, dry: false, method: 'fast', nested: { tenant: 'a' }, plain: 'x' },
        {
          'mcp-param-region': 'eu',
          'mcp-param-limit': '42',
          'mcp-param-dry-run': 'false',
          'mcp-param-method': 'fast',
          'mcp-param-tenant': 'a',
        },
      ],
      [{ region: null, limit: undefined, nested: null }, {}],
      [{ nested: 'no object', dry: true }, { 'mcp-param-dry-run': 'true' }],
      [{ region: '' }, { 'mcp-param-region': '' }],
      [{ limit: -7 }, { 'mcp-param-limit': '-7' }],
      [{ limit: Number.MAX_SAFE_INTEGER }, { 'mcp-param-limit': '9007199254740991' }],
      [{ limit: 2 ** 53 }, {}],
      [{ limit: 1.5 }, {}],
      [{ region: { object: true }, dry: [true] }, {}],
    ];
    for (const [args] of calls) await client.callTool('query', args);
    expect(peer.of('tools/call').map(({ headers }) => mirrored(headers))).toEqual(
      calls.map(([, headers]) => headers),
    );
    for (const { headers } of peer.of('tools/call')) expect(headers['mcp-method']).toBe('tools/call');
  });

  /** The tool with these properties is left out, with a warning; the one beside it is kept. */
  async function expectLeftOut(properties: Record<string, unknown>): Promise<void> {
    const { peer, client, warnings } = await connected({ wire: 'http' });
    peer.tools = [tool('good', { a: { type: 'string', 'x-mcp-header': 'A' } }), tool('bad', properties)];
    expect((await client.listTools()).map(({ name }) => name)).toEqual(['good']);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^the tool "bad" is left out: .{10}/u);
    await client.callTool('good', { a: 'x' });
    expect(mirrored(peer.of('tools/call')[0]!.headers)).toEqual({ 'mcp-param-a': 'x' });
  }

  it.each<[string, Record<string, unknown>]>([
    ['empty', { a: { type: 'string', 'x-mcp-header': '' } }],
    ['with a space', { a: { type: 'string', 'x-mcp-header': 'My Region' } }],
    ['with a colon', { a: { type: 'string', 'x-mcp-header': 'a:b' } }],
    ['beyond ASCII', { a: { type: 'string', 'x-mcp-header': 'Région' } }],
    ['with a line break', { a: { type: 'string', 'x-mcp-header': 'a\r\nb' } }],
    ['no text', { a: { type: 'string', 'x-mcp-header': 7 } }],
  ])(
    'XH-1 H26-10 H26-10b the header name %s is invalid: the tool is left out, with a warning',
    (_what, properties) => expectLeftOut(properties),
  );

  it.each<[string, Record<string, unknown>]>([
    [
      'twice',
      { a: { type: 'string', 'x-mcp-header': 'Name' }, b: { type: 'string', 'x-mcp-header': 'nAME' } },
    ],
    [
      'twice, once nested',
      {
        a: { type: 'string', 'x-mcp-header': 'N' },
        b: { type: 'object', properties: { c: { type: 'string', 'x-mcp-header': 'n' } } },
      },
    ],
  ])('XH-2 H26-10 a header name that is used %s is invalid: the tool is left out', (_what, properties) =>
    expectLeftOut(properties),
  );

  it.each<[string, Record<string, unknown>]>([
    ['a number', { a: { type: 'number', 'x-mcp-header': 'A' } }],
    ['an object', { a: { type: 'object', 'x-mcp-header': 'A' } }],
    ['a list', { a: { type: 'array', 'x-mcp-header': 'A' } }],
    ['null', { a: { type: 'null', 'x-mcp-header': 'A' } }],
    ['no type', { a: { 'x-mcp-header': 'A' } }],
    ['several types', { a: { type: ['string', 'null'], 'x-mcp-header': 'A' } }],
  ])('XH-3 H26-10 %s has no header form: the tool is left out', (_what, properties) =>
    expectLeftOut(properties),
  );

  it.each<[string, Record<string, unknown>]>([
    ['in items', { a: { type: 'array', items: { type: 'string', 'x-mcp-header': 'A' } } }],
    ['in a choice', { a: { anyOf: [{ type: 'string', 'x-mcp-header': 'A' }] } }],
    ['in a condition', { a: { if: { properties: { b: { type: 'string', 'x-mcp-header': 'A' } } } } }],
    ['in a definition', { a: { $defs: { b: { type: 'string', 'x-mcp-header': 'A' } } } }],
  ])('XH-4 H26-10 an annotation %s is out of place: the tool is left out', (_what, properties) =>
    expectLeftOut(properties),
  );

  it.each(EVERYWHERE.filter(({ era, wire }) => !(era === 'modern' && wire === 'http')))(
    'H26-10 concern nobody on the $era era over $wire: such tools are offered',
    async (options) => {
      const { peer, client, warnings } = await connected(options);
      peer.tools = [tool('bad', { a: { type: 'number', 'x-mcp-header': 'A' } })];
      expect(await client.listTools()).toHaveLength(1);
      await client.callTool('bad', { a: 1 });
      expect(mirrored(peer.of('tools/call')[0]!.headers)).toEqual({});
      expect(warnings).toEqual([]);
    },
  );

  it('H26-12 after HeaderMismatch the tools are listed again, and the call is made with the right headers', async () => {
    const { peer, client } = await connected({
      wire: 'http',
      on: {
        'tools/call': (exchange) => {
          if (exchange.headers['mcp-param-zone'] === 'eu') exchange.proceed();
          else exchange.error(-32020, 'Header mismatch', undefined, 400);
        },
      },
    });
    peer.ttlMs = 60_000;
    peer.tools = [tool('query', { region: { type: 'string', 'x-mcp-header': 'Region' } })];
    await client.listTools();
    peer.tools = [tool('query', { region: { type: 'string', 'x-mcp-header': 'Zone' } })];
    expect(await client.callTool('query', { region: 'eu' })).toMatchObject({ content: [{ type: 'text' }] });
    expect(peer.methods().slice(1)).toEqual(['tools/list', 'tools/call', 'tools/list', 'tools/call']);
    const ids = peer.of('tools/call').map(({ message }) => message.id);
    expect(new Set(ids).size).toBe(2);
    // A tool that was never listed is learnt in the same way.
    await client.reconnect();
    expect(await client.callTool('query', { region: 'eu' })).toMatchObject({ content: [{ type: 'text' }] });
  });

  it('H26-12 a server that is never content is asked twice, not for ever', async () => {
    const on = { 'tools/call': (exchange: Exchange) => exchange.error(-32020, 'no', undefined, 400) };
    const { peer, client } = await connected({ wire: 'http', on });
    expect(await rejection(client.callTool('query'))).toMatchObject({ code: -32020, httpStatus: 400 });
    expect(peer.of('tools/call')).toHaveLength(2);
    expect(peer.of('tools/list')).toHaveLength(1);
  });
});

describe.each(EVERYWHERE)('tools of the $era era over $wire', (options) => {
  it('B-7 TOOL-8 are handed out as they were listed: every keyword, every name', async () => {
    const { peer, client } = await connected(options);
    const schema = JSON.parse(`{
      "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "$id": "urn:x",
      "$defs": { "a": { "$anchor": "here", "type": "string" } }, "$comment": "c", "unheardOf": [null, {"x": 1.0}],
      "properties": { "a": { "$ref": "#/$defs/a" }, "__proto__": { "type": "null" } },
      "allOf": [{ "anyOf": [true, false] }], "if": true, "then": {}, "else": false,
      "unevaluatedProperties": false, "additionalProperties": { "const": null }
    }`) as Record<string, unknown>;
    const names = ['echo', 'Echo', 'ECHO', 'with space', 'é\u{1F680}', 'a/b:c', 'x'.repeat(300), ''];
    peer.tools = names.map((name) => ({
      name,
      inputSchema: schema,
      outputSchema: schema,
      annotations: { readOnlyHint: 'yes', custom: 1 },
      execution: { taskSupport: 'forbidden' },
      icons: [{ src: 'javascript:alert(1)' }],
      'x-own': { deep: [1] },
    }));
    expect(await client.listTools()).toEqual(peer.tools);
    for (const name of names) await client.callTool(name);
    expect(peer.of('tools/call').map(({ params }) => params['name'])).toEqual(names);
  });

  it('TOOL-1 that claim to be harmless are not called twice for it', async () => {
    const { peer, client } = await connected({ ...options, on: { 'tools/call': () => {} } });
    const annotations = { readOnlyHint: true, idempotentHint: true, destructiveHint: false };
    peer.tools = [{ ...tool('safe', {}), annotations }];
    await client.listTools();
    const call = rejection(client.callTool('safe'));
    await peer.nth('tools/call');
    peer.drop();
    expect(await call).toMatchObject({ delivered: 'unknown' });
    await client.listPrompts();
    expect(peer.of('tools/call')).toHaveLength(1);
  });

  it('TOOL-6 B-4 B-5 B-5b B-6 answers are checked against outputSchema: within bounds, fetching nothing', async () => {
    const canary = await startHttpFixture((_request, response) => void response.end('{}'));
    const { peer, client, warnings } = await connected(
      {
        ...options,
        on: { 'tools/call': (exchange) => exchange.reply({ content: [], structuredContent: { n: 1 } }) },
      },
      // Lists take schemas of this depth only where they are told to: what counts here is the check behind them.
      { validate: 'error', limits: { schemaDepth: 500 } },
    );
    const output = (name: string, outputSchema: unknown): Record<string, unknown> => ({
      ...tool(name, {}),
      outputSchema,
    });
    const number = { type: 'object', properties: { n: { type: 'number' } } };
    const text = { type: 'object', properties: { n: { type: 'string' } } };
    let deep: unknown = true;
    for (let depth = 0; depth < 200; depth++) deep = { allOf: [deep] };
    peer.tools = [
      output('fits', number),
      output('fits not', text),
      output('draft-07', { $schema: 'http://json-schema.org/draft-07/schema#', ...number }),
      output('unknown dialect', { $schema: 'http://json-schema.org/draft-03/schema#', ...text }),
      output('network', { type: 'object', properties: { n: { $ref: `${canary.url}/n.json` } } }),
      output('deep', deep),
    ];
    await client.listTools();
    await client.callTool('fits');
    await client.callTool('draft-07');
    expect(warnings).toEqual([]);
    expect(await rejection(client.callTool('fits not'))).toMatchObject({ code: 'INVALID_RESULT' });
    // Schemas that cannot be used are faults of their own: said, and not held against the answer.
    for (const name of ['unknown dialect', 'network', 'deep']) {
      const before = warnings.length;
      expect(await client.callTool(name)).toMatchObject({ structuredContent: { n: 1 } });
      expect(warnings.length).toBe(before + 1);
      expect(warnings.at(-1)).toContain(name);
    }
    expect(canary.requests).toEqual([]);
  });
});

describe.each(LEGACY_WIRES)('what a legacy server over %s did not declare', (wire) => {
  const calls: readonly [string, (client: McpClient) => Promise<unknown>][] = [
    ['tools/call', (client) => client.callTool('echo')],
    ['prompts/get', (client) => client.getPrompt('greet')],
    ['resources/read', (client) => client.readResource('test://a')],
    [
      'completion/complete',
      (client) => client.complete({ type: 'ref/prompt', name: 'p' }, { name: 'a', value: '' }),
    ],
    ['resources/subscribe', (client) => client.subscribe({ resources: ['test://a'] }, () => {})],
  ];

  it.each(calls)('H25-17 B-8 %s is not asked for', async (method, call) => {
    const { peer, client } = await connected({
      wire,
      era: 'legacy',
      version: '2025-11-25',
      capabilities: {},
    });
    expect(await rejection(call(client))).toMatchObject({ code: 'NOT_SUPPORTED', delivered: 'no' });
    expect(await client.listTools()).toEqual([]);
    expect(await client.listPrompts()).toEqual([]);
    expect(await client.listResources()).toEqual([]);
    await client.setLogLevel('info');
    await client.ping();
    expect(peer.methods().at(-1)).toBe('ping');
    expect(peer.of(method)).toEqual([]);
  });

  it('H25-17 resources without subscriptions are read, not subscribed to', async () => {
    const { client } = await connected({ wire, era: 'legacy', capabilities: { resources: {} } });
    expect(await client.readResource('test://a')).toMatchObject({ contents: [{ uri: 'test://a' }] });
    const subscribing = client.subscribe({ resources: ['test://a'] }, () => {});
    expect(await rejection(subscribing)).toMatchObject({ code: 'NOT_SUPPORTED' });
  });

  it('H25-17 completions had nothing to declare on 2024-11-05', async () => {
    const { client } = await connected({ wire, era: 'legacy', version: '2024-11-05', capabilities: {} });
    const completing = client.complete({ type: 'ref/prompt', name: 'p' }, { name: 'a', value: '' });
    expect(await completing).toMatchObject({ completion: { values: ['one'] } });
  });
});

describe.each(EVERYWHERE)('the log of a server of the $era era over $wire', ({ era, wire }) => {
  it('LOG-1 comes at the level that was asked for, whichever of the eight it is', async () => {
    const { peer, client } = await connected({
      era,
      wire,
      on: {
        'tools/call': (exchange) => {
          for (const level of [...LEVELS, 'loud', 7]) {
            const params = { level, logger: 'core', data: { level } };
            exchange.send({ jsonrpc: '2.0', method: 'notifications/message', params });
          }
          exchange.proceed();
        },
      },
    });
    const heard: ServerLog[] = [];
    client.on('log', (log) => heard.push(log));
    for (const level of LEVELS) await client.setLogLevel(level);
    await client.callTool('echo');
    const asked =
      era === 'modern'
        ? [logLevelOf(peer.of('tools/call')[0]!)]
        : peer.of('logging/setLevel').map(({ params }) => params['level']);
    expect(asked).toEqual(era === 'modern' ? ['emergency'] : LEVELS);
    await until('all are heard', () => heard.length === 8);
    expect(heard).toEqual(LEVELS.map((level) => ({ level, logger: 'core', data: { level } })));
  });

  it('LOG-1 is not asked for by itself, and is set again after a reconnection', async () => {
    const { peer, client } = await connected({ era, wire });
    await client.callTool('echo');
    expect(peer.of('logging/setLevel')).toEqual([]);
    expect(logLevelOf(peer.of('tools/call')[0]!)).toBeUndefined();
    await client.setLogLevel('warning');
    await client.reconnect();
    await client.callTool('echo');
    if (era === 'modern') expect(logLevelOf(peer.of('tools/call')[1]!)).toBe('warning');
    else expect((await peer.nth('logging/setLevel', 2)).params).toEqual({ level: 'warning' });
    await client.setLogLevel(undefined);
    await client.callTool('echo');
    if (era === 'modern') expect(logLevelOf(peer.of('tools/call')[2]!)).toBeUndefined();
    else expect((await peer.nth('logging/setLevel', 3)).params).toEqual({ level: 'emergency' });
  });
});

function logLevelOf({ params }: Exchange): unknown {
  const meta = params['_meta'] as Record<string, unknown> | undefined;
  return meta?.['io.modelcontextprotocol/logLevel'];
}

describe('documentation', () => {
  it('B-4b names the dialects of JSON Schema that are understood', () => {
    const text = readFileSync(join(import.meta.dirname, '../../docs/protocol.md'), 'utf8');
    expect(text).toMatch(/JSON Schema 2020-12.{0,80}default.{0,80}draft-07/su);
  });
});
