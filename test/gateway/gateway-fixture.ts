import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientOptions, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterEach } from 'vitest';
import type { ServerEntry } from '../../src/config/entry.ts';
import { Gateway, type GatewayOptions } from '../../src/gateway/index.ts';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { faultyEntry, QUICK } from '../helpers/clients.ts';
import { readJournal } from '../helpers/faulty-server.ts';
import { connectionsLastForTheFile } from '../helpers/leak-gate/shared-fixture.ts';
import { until } from '../helpers/until.ts';

const root = join(import.meta.dirname, '../..');
const node = process.execPath;

/** `examples/servers/modern-stdio.mjs`: tools convert, list_units, compare, conversion_table. */
export const UNITS: ServerEntry = {
  command: node,
  args: [join(root, 'examples/servers/modern-stdio.mjs')],
  'x-signalbox': QUICK,
};

/** The official reference server, a legacy one. */
export const EVERYTHING: ServerEntry = {
  command: node,
  args: [join(root, 'node_modules/@modelcontextprotocol/server-everything/dist/index.js'), 'stdio'],
  'x-signalbox': QUICK,
};

/** A running `examples/servers/modern-http.mjs`. */
export interface NotesServer {
  readonly entry: ServerEntry;
  /** What it has written to stderr so far. */
  stderr(): string;
}

/** A gateway with its registry. */
export interface TestGateway {
  readonly gateway: Gateway;
  readonly registry: ServerRegistry;
  readonly url: string;
  readonly port: number;
}

type Servers = Readonly<Record<string, ServerEntry>>;

const cleanups: (() => Promise<unknown>)[] = [];

/** After each test, or after all: closes clients, gateways, registries and servers, in this order. */
export function cleanGateways(after: (hook: () => Promise<void>) => void = afterEach): void {
  if (after !== afterEach) connectionsLastForTheFile();
  after(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
}

/** Has something done after the test, before what was set up earlier is taken down. */
export function onCleanup(cleanup: () => Promise<unknown>): void {
  cleanups.push(cleanup);
}

/** A registry whose servers are connected. */
export async function startRegistry(servers: Servers): Promise<ServerRegistry> {
  const registry = new ServerRegistry();
  onCleanup(() => registry.shutdown({ drainMs: 0 }));
  for (const [name, entry] of Object.entries(servers)) registry.register(name, entry);
  await registry.connectAll();
  return registry;
}

/** A gateway on a free port in front of connected servers. */
export async function startGateway(
  servers: Servers,
  options: Partial<GatewayOptions> = {},
): Promise<TestGateway> {
  const registry = options.registry ?? (await startRegistry(servers));
  const gateway = new Gateway({ registry, port: 0, ...options });
  onCleanup(() => gateway.close({ drainMs: 0 }));
  const { url, port } = await gateway.start();
  return { gateway, registry, url, port };
}

/** The official client, connected. */
export async function connectOfficial(
  url: string,
  era: 'legacy' | 'modern',
  options: ClientOptions = {},
): Promise<Client> {
  const mode = era === 'modern' ? { pin: '2026-07-28' } : 'legacy';
  const client = new Client(
    { name: 'official', version: '1.0.0' },
    { ...options, versionNegotiation: { mode } },
  );
  onCleanup(() => client.close());
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

/** Starts the notes server on a free port. */
export async function startNotes(): Promise<NotesServer> {
  const child = spawn(node, [join(root, 'examples/servers/modern-http.mjs')], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  onCleanup(async () => {
    const exited = once(child, 'close');
    child.kill();
    await exited;
  });
  await until('the notes server listens', () => stderr.includes('listening on'));
  const url = /listening on (\S+)/u.exec(stderr)![1]!;
  return { entry: { type: 'http', url, 'x-signalbox': QUICK }, stderr: () => stderr };
}

/** A legacy server that does this with calls, and a way to wait until it has so many of them. */
export function slowServer(steps: readonly string[] | readonly (readonly string[])[]): {
  readonly faulty: ServerEntry;
  readonly busyWith: (calls: number) => Promise<unknown>;
} {
  const scratch = mkdtempSync(join(tmpdir(), 'signalbox-gateway-'));
  onCleanup(() => rm(scratch, { recursive: true, force: true }));
  const journal = join(scratch, 'journal');
  const calls = (): number => readJournal(journal).filter(({ method }) => method === 'tools/call').length;
  return {
    faulty: faultyEntry({ era: 'legacy', journal, on: { 'tools/call': steps } }),
    busyWith: (count) => until(`the server has ${count} calls`, () => calls() === count),
  };
}

/** The text of a tool's first block of content. */
export function textOf(result: { readonly content?: unknown }): string {
  return (result.content as readonly { readonly text: string }[])[0]!.text;
}
