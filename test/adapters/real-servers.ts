import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { ServerEntry } from '../../src/config/entry.ts';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { QUICK } from '../helpers/clients.ts';

const official = (server: string): string =>
  join(import.meta.dirname, `../../node_modules/@modelcontextprotocol/${server}/dist/index.js`);

/** The official server with a tool for everything, as a process. */
export function everythingEntry(trust: boolean = false): ServerEntry {
  const command = process.execPath;
  return {
    type: 'stdio',
    command,
    args: [official('server-everything'), 'stdio'],
    // Checks of health would set timers in the middle of a test.
    'x-signalbox': { ...QUICK, trust, health: false },
  };
}

/** The same server over http, on a free port of 127.0.0.1. */
export function everythingOverHttp(): ServerEntry {
  const loopback = join(import.meta.dirname, '../../examples/demo/loopback-only.mjs');
  return {
    type: 'http',
    url: 'http://127.0.0.1:{port}/mcp',
    'x-signalbox': {
      ...QUICK,
      health: false,
      launch: {
        command: process.execPath,
        args: ['--import', loopback, official('server-everything'), 'streamableHttp'],
        env: { PORT: '{port}' },
        port: 'auto',
        ready: { http: '/mcp' },
      },
    },
  };
}

/**
 * A registry with two official servers, each a process that lives as long as the tests of the file: `everything`, whose
 * annotations are trusted, and `memory`, whose are not.
 */
export function realServers(): { readonly registry: ServerRegistry } {
  const registry = new ServerRegistry();
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-adapters-'));
  registry.register('everything', everythingEntry(true));
  registry.register('memory', {
    type: 'stdio',
    command: process.execPath,
    args: [official('server-memory')],
    env: { MEMORY_FILE_PATH: join(folder, 'memory.jsonl') },
    'x-signalbox': { ...QUICK, health: false },
  });

  beforeAll(async () => {
    await registry.connectAll();
    await registry.waitForReady({ required: ['everything', 'memory'] });
  });

  afterAll(async () => {
    await registry.shutdown({ drainMs: 0 });
    rmSync(folder, { recursive: true, force: true });
  });

  return { registry };
}
