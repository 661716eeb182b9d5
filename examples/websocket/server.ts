import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/server';
import { type WebSocket, WebSocketServer } from 'ws';
import * as z from 'zod';

/** An MCP server on the official package, which a client reaches over WebSocket. */
function createServer(): McpServer {
  const server = new McpServer({ name: 'websocket-example', version: '1.0.0' });
  const inputSchema = z.object({ text: z.string() });
  server.registerTool('shout', { description: 'Says it louder', inputSchema }, ({ text }) => ({
    content: [{ type: 'text', text: text.toUpperCase() }],
  }));
  return server;
}

/** The server's side of the wire, as the official package wants it. */
function serverTransport(socket: WebSocket): Parameters<McpServer['connect']>[0] {
  const transport: Parameters<McpServer['connect']>[0] = {
    start: () => Promise.resolve(),
    send: (message) =>
      new Promise((resolve, reject) => {
        socket.send(JSON.stringify(message), (error) => (error == null ? resolve() : reject(error)));
      }),
    close: () => Promise.resolve(socket.close()),
  };
  socket.on('message', (data: Buffer) => transport.onmessage?.(JSON.parse(data.toString('utf8'))));
  socket.on('close', () => transport.onclose?.());
  socket.on('error', (error) => transport.onerror?.(error));
  return transport;
}

/** Serves on a free port of this machine. */
export async function startServer() {
  const listener = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => listener.once('listening', resolve));
  listener.on('connection', (socket) => void createServer().connect(serverTransport(socket)));
  const { port } = listener.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}`,
    /** Breaks all connections, as a proxy does that is started anew. */
    dropConnections: () => {
      for (const socket of listener.clients) socket.terminate();
    },
    stop: () => {
      for (const socket of listener.clients) socket.terminate();
      return new Promise<void>((resolve) => {
        listener.close(() => resolve());
      });
    },
  };
}
