/**
 * Holds the HTTP and SSE servers of a run in a process of its own: what they do must not take time from the client
 * whose latency is measured. Driven over the IPC channel; ends with it.
 */
import { type FaultServer, seededRandom, startFaultServer } from '../../../src/testing/index.ts';
import type { HostQuestion, HostTask } from './host-messages.ts';
import { accountOf } from './server-account.ts';
import type { ServerDeed } from './server-deed.ts';

const servers: Map<string, FaultServer> = new Map();

function serverOf(name: string): FaultServer {
  const server = servers.get(name);
  if (server === undefined) throw new Error(`there is no server "${name}" here`);
  return server;
}

async function apply(server: FaultServer, deed: ServerDeed): Promise<void> {
  switch (deed.do) {
    case 'set':
      server.faults.set(deed.target, deed.rules);
      return;
    case 'clear':
      server.faults.clear();
      return;
    case 'freeze':
      server.pause();
      return;
    case 'thaw':
      server.resume();
      return;
    case 'stop':
      await server.stop();
      server.loseSessions();
      return;
    case 'start':
      await server.start();
      return;
    case 'drop':
      server.dropConnections();
      return;
    case 'forget':
      server.loseSessions();
      return;
    case 'kill':
      throw new Error('servers that share a process are stopped, not killed');
  }
}

async function work(task: HostTask): Promise<unknown> {
  switch (task.task) {
    case 'open': {
      const { wire, era, seed } = task;
      const server = await startFaultServer({ wire, era, random: seededRandom(seed) });
      servers.set(task.name, server);
      return server.entry;
    }
    case 'apply':
      await apply(serverOf(task.name), task.deed);
      return undefined;
    case 'heal': {
      const server = serverOf(task.name);
      server.faults.clear();
      server.resume();
      await server.start();
      return undefined;
    }
    case 'account':
      return accountOf(serverOf(task.name).journal);
    case 'sockets':
      return [...servers.values()].reduce((sum, { connections }) => sum + connections, 0);
    case 'close':
      await Promise.all([...servers.values()].map((server) => server.close()));
      return undefined;
  }
}

process.on('message', ({ id, task }: HostQuestion) => {
  work(task).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
