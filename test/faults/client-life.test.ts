import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import { faultyEntry, QUICK, recordStates, rejection, testFactories } from '../helpers/clients.ts';
import { readJournal } from '../helpers/faulty-server.ts';
import { trackProcesses } from '../helpers/leak-check.ts';
import { isRunning, temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';

const processes = trackProcesses();
const makeFactory = testFactories();
const directory = temporaryDirectory();
let journals = 0;
const newJournal = (): string => join(directory, `journal-${journals++}`);
const startsIn = (journal: string): number =>
  readJournal(journal).filter((entry) => entry.started !== undefined).length;

function pidOf(client: McpClient): number {
  return processes.track(client.diagnostics().transport.pid!);
}

describe('process life, as a client sees it', () => {
  it('F-001 a command that does not exist is not tried again', async () => {
    const client = makeFactory().create('s', {
      command: 'no-such-program-anywhere',
      'x-signalbox': { ...QUICK, retry: { maxAttempts: 5 } },
    });
    const states = recordStates(client);
    expect(await rejection(client.connect())).toMatchObject({
      code: 'SPAWN_FAILED',
      retryable: false,
      server: 's',
    });
    expect(states.map(({ to }) => to)).toEqual(['connecting', 'error']);
  });

  it('F-003 a server that exits at once is reported with its exit code and what it printed', async () => {
    const journal = newJournal();
    const entry = faultyEntry(
      { journal, start: ['stderr:no database today', 'exit:3'] },
      { retry: { maxAttempts: 2, baseMs: 5 } },
    );
    const error = await rejection(makeFactory().create('s', entry).connect());
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', retryable: true, details: { exitCode: 3 } });
    expect(error.message).toContain('no database today');
    // The first attempt may have died of the probe, so it gets a second start; the second attempt begins without one.
    expect(startsIn(journal)).toBe(3);
  });

  it('F-005 a server that never answers ends in CONNECT_TIMEOUT and is killed', async () => {
    const journal = newJournal();
    const entry = faultyEntry(
      { journal, discover: 'silent', on: { initialize: ['silent'] }, ignoreTerm: true, ignoreEof: true },
      { timeouts: { connect: 3000 } },
    );
    const error = await rejection(makeFactory().create('s', entry).connect());
    expect(error).toMatchObject({ code: 'CONNECT_TIMEOUT', delivered: 'no' });
    const pid = readJournal(journal)[0]!.started!;
    expect(isRunning(processes.track(pid))).toBe(false);
  });

  it('F-006 a crash in the middle of an answer fails the call at once, and the server comes back', async () => {
    const entry = faultyEntry({ on: { 'tools/call': [['partial', 'exit:1'], ['reply']] } });
    const client = makeFactory().create('s', entry);
    await client.connect();
    pidOf(client);
    const states = recordStates(client);
    const error = await rejection(client.callTool('echo', { message: 'a' }));
    expect(error).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      delivered: 'unknown',
      details: { exitCode: 1, method: 'tools/call', requestId: expect.any(Number) as number },
      cause: { code: 'CONNECTION_LOST' },
    });
    // The new process counts its calls anew: its first call crashes too, so only the list is asked.
    expect(await client.listTools()).not.toHaveLength(0);
    pidOf(client);
    expect(states.map(({ to }) => to)).toEqual(['reconnecting', 'initializing', 'connected']);
    expect(client.stats().connections).toBe(2);
  });

  it('F-011 disconnect during connect ends the attempt; nothing is started afterwards', async () => {
    const journal = newJournal();
    const entry = faultyEntry({ journal, discover: 'silent', on: { initialize: ['silent'] } });
    const client = makeFactory().create('s', entry);
    const connecting = rejection(client.connect());
    await until('the server runs', () => startsIn(journal) === 1);
    await client.disconnect();
    expect(await connecting).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(client.state).toBe('disconnected');
    expect(isRunning(readJournal(journal)[0]!.started!)).toBe(false);
    expect(startsIn(journal)).toBe(1);
  });

  it('F-011 disconnect during the delay before a restart: no restart after', async () => {
    const journal = newJournal();
    const entry = faultyEntry(
      { journal, on: { 'tools/call': ['exit:1'] } },
      { retry: { maxAttempts: 1, baseMs: 60_000, maxMs: 60_000 } },
    );
    const client = makeFactory({ random: () => 0.999 }).create('s', entry);
    await client.connect();
    await rejection(client.callTool('echo'));
    expect(client.state).toBe('reconnecting');
    await client.disconnect();
    expect(client.state).toBe('disconnected');
    expect(startsIn(journal)).toBe(1);
  });

  it('F-011 disconnect twice is one teardown, and the second hurries', async () => {
    const entry = faultyEntry(
      { ignoreTerm: true, ignoreEof: true },
      { stop: { eofMs: 60_000, termMs: 60_000, killMs: 1000 } },
    );
    const client = makeFactory().create('s', entry);
    await client.connect();
    const pid = pidOf(client);
    const first = client.disconnect();
    const second = client.disconnect();
    await Promise.all([first, second]);
    expect(isRunning(pid)).toBe(false);
    expect(client.state).toBe('disconnected');
  });

  it('F-016 a crash loop ends in RESTART_LIMIT, with the attempts visible on the way', async () => {
    const journal = newJournal();
    const entry = faultyEntry({
      journal,
      on: { 'notifications/initialized': ['delay:30', 'exit:1'] },
      era: 'legacy',
    });
    const client = makeFactory().create('s', entry);
    const states = recordStates(client);
    await client.connect();
    await until('the client gave up', () => client.state === 'error');
    expect(client.connectionState).toMatchObject({ cause: { code: 'RESTART_LIMIT', retryable: false } });
    expect(startsIn(journal)).toBe(5);
    expect(states.filter(({ to }) => to === 'reconnecting')).toHaveLength(5);
    // A call does not wait for what will not come.
    expect(await rejection(client.callTool('echo'))).toMatchObject({ code: 'RESTART_LIMIT' });
    // A person may try again at once.
    await client.reconnect();
    expect(client.isConnected).toBe(true);
  });

  it('F-018 an exit code that means "do not start me again" is obeyed', async () => {
    const journal = newJournal();
    const entry = faultyEntry({ journal, start: ['exit:78'] }, { retry: { maxAttempts: 5, baseMs: 5 } });
    const error = await rejection(makeFactory().create('s', entry).connect());
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', retryable: false, details: { exitCode: 78 } });
    expect(startsIn(journal)).toBeLessThanOrEqual(2);
  });

  it('a server that may not be restarted stays down', async () => {
    const entry = faultyEntry({ on: { 'tools/call': ['exit:1'] } }, { restart: false });
    const client = makeFactory().create('s', entry);
    await client.connect();
    await rejection(client.callTool('echo'));
    await until('the client gave up', () => client.state === 'error');
    expect(client.connectionState).toMatchObject({ cause: { code: 'CONNECTION_LOST' } });
  });
});
