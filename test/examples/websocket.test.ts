import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ContractPeer, type ContractSubject, transportContract } from 'signalbox/testing';
import { describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { WebSocketTransport } from '../../examples/websocket/websocket-transport.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'examples/websocket');
const TOKEN = 'Bearer 81d0f2-contract-secret';

async function listen(onConnection: (socket: WebSocket) => void) {
  const listener = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => listener.once('listening', resolve));
  listener.on('connection', onConnection);
  const { port } = listener.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/mcp?token=81d0f2-contract-secret`,
    stop: () => {
      for (const socket of listener.clients) socket.terminate();
      return new Promise<void>((resolve) => {
        listener.close(() => resolve());
      });
    },
  };
}

const subject: ContractSubject = {
  secrets: [TOKEN, '81d0f2-contract-secret'],
  start: async () => {
    const peer = new ContractPeer();
    const server = await listen((socket) => {
      const link = {
        send: (text: string) => socket.send(text),
        noise: (text: string) => socket.send(text),
        die: () => socket.terminate(),
        end: () => socket.close(),
        stall: () => socket.pause(),
      };
      socket.on('message', (data: Buffer) => peer.receive(data.toString('utf8'), link));
      socket.on('error', () => {});
    });
    return {
      transport: (context) => new WebSocketTransport(server.url, { authorization: TOKEN }, context),
      stop: server.stop,
    };
  },
  unreachable: async (context) => {
    const server = await listen(() => {});
    await server.stop();
    return new WebSocketTransport(server.url, {}, context);
  },
};

describe('examples/websocket', () => {
  for (const { title, skip, run } of transportContract(subject)) it.skipIf(skip)(title, run);

  it('runs, and everything is as it says', async () => {
    const args = ['--import', 'tsx', join(folder, 'main.ts')];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
    expect(stdout).toMatch(/all as expected\n$/u);
  });

  it('is held against as many cases as docs/custom-transports.md and the change log say', () => {
    const { length } = transportContract(subject);
    for (const path of ['docs/custom-transports.md', 'CHANGELOG.md'])
      expect(readFileSync(join(root, path), 'utf8')).toContain(`${length} cases`);
  });

  it('is short enough to be read', () => {
    const lines = readFileSync(join(folder, 'websocket-transport.ts'), 'utf8').split('\n');
    expect(lines.length).toBeLessThanOrEqual(170);
  });

  it.each(['websocket-transport.ts', 'main.ts'])('docs/custom-transports.md shows %s', (name) => {
    const text = readFileSync(join(folder, name), 'utf8').replace(/^\/\*\*[^]*?\*\/\n/u, '');
    expect(readFileSync(join(root, 'docs/custom-transports.md'), 'utf8')).toContain(text.trim());
  });
});
