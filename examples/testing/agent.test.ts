/**
 * How to test a program of your own against servers that misbehave. Any test runner will do; this is Node's own:
 *
 *     node --import tsx --test examples/testing/agent.test.ts
 */
/* oxlint-disable typescript/no-floating-promises -- node:test waits for its tests itself */
// --- begin of the snippet: servers ---
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientFactory } from 'signalbox';
import {
  faultServerCommand,
  faultyTransportBuilder,
  startFaultServer,
  TransportFaults,
} from 'signalbox/testing';
import { pay } from './agent.ts';

test('an HTTP server that breaks off after it has executed the call', async () => {
  const server = await startFaultServer(); // 127.0.0.1, a free port, both eras
  const factory = new ClientFactory();
  try {
    const client = await factory.createAndConnect('bank', server.entry);
    server.faults.set('tools/call', { kind: 'disconnect', executes: true, times: 1 });
    assert.equal(await pay(client, 'invoice 1'), 'ask a person');
    assert.equal(server.journal.timesRun('invoice 1'), 1); // it was executed, and only once

    server.faults.set('tools/call', { kind: 'status', status: 429, retryAfter: 0, times: 2 });
    assert.equal(await pay(client, 'invoice 2'), 'paid'); // refused twice, then executed
    assert.deepEqual(server.journal.repeatedKeys(), []);
  } finally {
    await factory.shutdownAll({ drainMs: 0 });
    await server.close();
  }
});

test('a process that dies before it has answered', async () => {
  const server = faultServerCommand({ faults: { 'tools/call': { kind: 'exit', code: 1, times: 1 } } });
  const factory = new ClientFactory();
  try {
    const client = await factory.createAndConnect('bank', server.entry);
    assert.equal(await pay(client, 'invoice 3'), 'ask a person');
    assert.equal(server.journal.timesRun('invoice 3'), 0); // the server knows better, its client cannot
    assert.equal(await pay(client, 'invoice 4'), 'paid'); // started again
    assert.equal(server.starts, 2);
  } finally {
    await factory.shutdownAll({ drainMs: 0 });
    server.close();
  }
});
// --- end of the snippet: servers ---

// --- begin of the snippet: transport ---
test('a connection that loses messages', async () => {
  const server = await startFaultServer();
  const faults = new TransportFaults();
  const factory = new ClientFactory();
  factory.registerTransport('faulty', faultyTransportBuilder('http', faults));
  try {
    const client = await factory.createAndConnect('bank', { type: 'faulty', url: server.url });
    faults.set([
      { kind: 'latency', ms: [5, 50] },
      { kind: 'reset', direction: 'in', times: 1 },
    ]);
    assert.equal(await pay(client, 'invoice 5'), 'ask a person');
    faults.switchOff();
    assert.equal(await pay(client, 'invoice 6'), 'paid');
    assert.deepEqual(server.journal.repeatedKeys(), []);
  } finally {
    await factory.shutdownAll({ drainMs: 0 });
    await server.close();
  }
});
// --- end of the snippet: transport ---
