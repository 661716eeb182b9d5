import { InMemoryTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { fromOfficialTransport } from '../../../../src/adapters/mcp-sdk/index.ts';
import { ContractPeer, type ContractSubject } from '../../../../src/testing/index.ts';
import { deadUrl, startHttpPeer } from './http-subject.ts';
import { CONTRACT_STDIO } from './stdio-subject.ts';

/** What the official transports do not promise cannot be had from them. */
export const adoptedSubjects: Readonly<Record<string, ContractSubject>> = {
  'the official transport in memory': {
    lacks: ['noise', 'huge', 'stall'],
    start: () => {
      const peer = new ContractPeer();
      return {
        transport: (context) => {
          const [ours, theirs] = InMemoryTransport.createLinkedPair();
          theirs.onmessage = (message) =>
            peer.receive(JSON.stringify(message), {
              send: (text) => void theirs.send(JSON.parse(text) as never).catch(() => {}),
              die: () => void theirs.close(),
              end: () => void theirs.close(),
            });
          return fromOfficialTransport(ours, 'memory', context);
        },
        stop: () => {},
      };
    },
  },
  'the official transport for stdio': {
    // Its limit on a line is its own, and lines that are no JSON are left out without a word.
    lacks: ['huge', 'noise'],
    start: () => ({
      transport: (context) =>
        fromOfficialTransport(
          new StdioClientTransport({ command: process.execPath, args: [CONTRACT_STDIO], stderr: 'ignore' }),
          'stdio',
          context,
        ),
      stop: () => {},
    }),
  },
  'the official transport for HTTP': {
    // It knows no limit on bodies, and what is no message event is left out without a word.
    lacks: ['huge', 'noise', 'stall'],
    start: async () => {
      const peer = await startHttpPeer('stream', false);
      const url = new URL(peer.url);
      return {
        transport: (context) =>
          fromOfficialTransport(new StreamableHTTPClientTransport(url), 'http', context),
        stop: peer.stop,
      };
    },
    unreachable: async (context) =>
      fromOfficialTransport(new StreamableHTTPClientTransport(new URL(await deadUrl())), 'http', context),
  },
};
