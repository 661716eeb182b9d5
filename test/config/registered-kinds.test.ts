import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientFactory, loadConfig, type TransportKindOptions } from '../../src/index.ts';
import { handlerPeer } from '../../src/testing/index.ts';
import { MemoryTransport } from '../../src/transports/memory-transport.ts';

const CONFIG = `{
  "mcpServers": {
    "good": { "type": "tunnel", "url": "\${TUNNEL_URL}", "channel": 3, "timeout": 5000 },
    "bad": {
      "type": "tunnel",
      "channel": "three"
    },
    "wrong": { "type": "tunnel", "channel": 1, "timeout": "soon" },
    "other": { "type": "pigeon" }
  }
}`;

let folder = '';
let file = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-kinds-'));
  file = join(folder, '.mcp.json');
  writeFileSync(file, CONFIG);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function factoryWith(options?: TransportKindOptions): ClientFactory {
  const factory = new ClientFactory();
  const peer = handlerPeer({});
  factory.registerTransport('tunnel', (name) => new MemoryTransport(peer, name), options);
  return factory;
}

const isNumber: TransportKindOptions = {
  check: ({ channel }) =>
    typeof channel === 'number' ? [] : [{ path: ['channel'], message: 'must be a number' }],
};

describe('a registered kind in a file', () => {
  const load = (factory: ClientFactory) =>
    loadConfig(file, { kinds: factory.registeredTransports(), env: { TUNNEL_URL: 'tunnel://here' } });

  it('is accepted, its own keys are kept, and what all entries have is checked and expanded', async () => {
    const { servers, failed } = await load(factoryWith());
    expect([...servers.keys()]).toEqual(['good', 'bad']);
    expect(servers.get('good')).toMatchObject({
      type: 'tunnel',
      url: 'tunnel://here',
      channel: 3,
      timeout: 5000,
    });
    expect([...failed.keys()]).toEqual(['wrong', 'other']);
    expect(failed.get('other')?.message).toContain('nobody registered; known are');
    expect(failed.get('other')?.message).toContain('"tunnel"');
  });

  it('has its own check, which names file, line and key', async () => {
    const { servers, failed } = await load(factoryWith(isNumber));
    expect([...servers.keys()]).toEqual(['good']);
    expect(failed.get('bad')).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/\.mcp\.json:6: .*"channel" must be a number/u) as unknown,
    });
  });

  it('a check that throws spoils its own entry only', async () => {
    const { servers, failed } = await load(
      factoryWith({
        check: ({ channel }) => {
          if (channel !== 3) throw new Error('cannot\u001b[31m cope');
          return [];
        },
      }),
    );
    expect([...servers.keys()]).toEqual(['good']);
    expect(failed.get('bad')?.message).toMatch(/cannot be checked: cannot.? ?cope|cannot be checked/u);
    expect(failed.get('bad')?.message).not.toContain('\u001b');
  });

  it('is checked by the factory too', () => {
    const factory = factoryWith(isNumber);
    expect(factory.validateConfig({ type: 'tunnel', channel: 1 })).toMatchObject({
      valid: true,
      transport: 'tunnel',
    });
    expect(factory.validateConfig({ type: 'tunnel' })).toMatchObject({
      valid: false,
      errors: ['"channel" must be a number'],
    });
    expect(() => factory.create('x', { type: 'tunnel' })).toThrow(/must be a number/u);
  });
});
