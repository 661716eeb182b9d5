import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { ClientFactoryOptions } from '../../src/client/client-factory.ts';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { CallToolResult } from '../../src/protocol/mcp-types.ts';
import { type MemoryLink, MemoryTransport } from '../../src/transports/memory-transport.ts';
import { QUICK, testFactories } from './clients.ts';

export type Era = 'modern' | 'legacy';

/** What the server notes of a message. */
export interface Received {
  readonly method: string;
  readonly params: Record<string, unknown>;
  /** `Mcp-Name`, over HTTP. */
  readonly name?: string;
}

/** What the server notes. */
export interface Journal {
  readonly received: readonly Received[];
  /** What it was sent against the rules. */
  readonly violations: readonly string[];
}

/** See `test/fixtures/servers/tasks-engine.mjs`. */
export interface TaskEngine extends Journal {
  readonly tasks: Map<string, Record<string, unknown>>;
  readonly failures: { readonly method: string; readonly code?: number; readonly silent?: true }[];
  receive(message: unknown, channel: object): void;
  open(channel: object): void;
  close(channel: object): void;
}

/** A server of tasks over HTTP. */
export interface TasksHttp {
  readonly url: string;
  readonly engine: TaskEngine;
  readonly reset: () => void;
  readonly close: () => Promise<void>;
}

const SERVERS = join(import.meta.dirname, '../fixtures/servers');
const engineModule = (await import(join(SERVERS, 'tasks-engine.mjs'))) as {
  readonly TaskEngine: new (options: object) => TaskEngine;
};
const httpModule = (await import(join(SERVERS, 'tasks-http.mjs'))) as {
  readonly serveTasks: (engine: TaskEngine) => Promise<Omit<TasksHttp, 'engine'>>;
};

/** Command and arguments of a server of tasks over stdio. */
export function tasksCommand(options: object): {
  readonly command: string;
  readonly args: readonly string[];
} {
  return { command: process.execPath, args: [join(SERVERS, 'tasks-stdio.mjs'), JSON.stringify(options)] };
}

export function newEngine(options: object): TaskEngine {
  return new engineModule.TaskEngine(options);
}

/** Servers of tasks and clients of them, which are closed after each test. Call once in a test file. */
export function tasksServers(): {
  serve(options: object): Promise<TasksHttp>;
  /** A client of any entry, connected; a person answers its questions with `Ada`. */
  client(entry: object, options?: ClientFactoryOptions): Promise<McpClient>;
  /** A client of a new server. */
  connected(wire: 'stdio' | 'http', options: object): Promise<McpClient>;
  /** A client of a server in this process. */
  inMemory(
    engine: TaskEngine,
    options: ClientFactoryOptions,
  ): Promise<{ client: McpClient; drop: () => void }>;
} {
  const servers: TasksHttp[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  const makeFactory = testFactories();

  const serve = async (options: object): Promise<TasksHttp> => {
    const engine = newEngine(options);
    const server = { ...(await httpModule.serveTasks(engine)), engine };
    servers.push(server);
    return server;
  };
  const ready = async (client: McpClient): Promise<McpClient> => {
    client.onInputRequest({ elicitForm: () => ({ action: 'accept', content: { name: 'Ada' } }) });
    await client.connect();
    return client;
  };
  const client = (entry: object, options?: ClientFactoryOptions): Promise<McpClient> =>
    ready(makeFactory(options).create('tasks', { ...entry, 'x-signalbox': QUICK }));

  return {
    serve,
    client,
    connected: async (wire, options) =>
      await client(wire === 'stdio' ? tasksCommand(options) : { url: (await serve(options)).url }),
    inMemory: async (engine, options) => {
      const factory = makeFactory(options);
      const links = new Set<MemoryLink>();
      factory.registerTransport('memory', (name) => {
        return new MemoryTransport((link) => {
          const channel = { send: (message: unknown) => link.send(JSON.stringify(message)) };
          engine.open(channel);
          links.add(link);
          return {
            receive: (text) => engine.receive(JSON.parse(text), channel),
            closed: () => {
              links.delete(link);
              engine.close(channel);
            },
          };
        }, name);
      });
      // Tests count timers and questions: nobody else is to ask.
      const own = { ...QUICK, health: false } as const;
      const made = await ready(factory.create('tasks', { type: 'memory', 'x-signalbox': own }));
      const drop = (): void => {
        for (const link of links) link.close();
        links.clear();
      };
      return { client: made, drop };
    },
  };
}

/** What the server noted, over its own wire. */
export async function journalOf(client: McpClient): Promise<Journal> {
  const { structuredContent } = await client.callTool('journal');
  return structuredContent as Journal;
}

export function textOf({ content }: CallToolResult): string | undefined {
  return content[0]?.text;
}
