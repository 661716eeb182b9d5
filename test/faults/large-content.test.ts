import { describe, expect, it } from 'vitest';
import type { McpClient } from '../../src/client/mcp-client.ts';
import type { SignalboxSettings } from '../../src/config/entry.ts';
import { messageOf } from '../../src/core/errors.ts';
import { rejection, testFactories } from '../helpers/clients.ts';
import { EVERYWHERE, testPeers } from '../helpers/protocol-peer.ts';

const startPeer = testPeers();
const makeFactory = testFactories();
const MIB = 1024 * 1024;

describe.each([...EVERYWHERE, { era: 'modern', wire: 'http', streams: true }] as const)(
  'F-133 20 MB of base64 from a server of the $era era over $wire',
  ({ era, wire, ...more }) => {
    const blob = 'QUJD'.repeat(5 * MIB);
    const isStream = wire !== 'http' || 'streams' in more;
    const limit = isStream ? 'limits.frameBytes' : 'limits.bodyBytes';

    async function started(settings: SignalboxSettings = {}): Promise<McpClient> {
      const peer = await startPeer({ era, wire, ...more });
      peer.on.set('tools/call', (exchange) => {
        const isSmall = exchange.params['name'] === 'small';
        const data = isSmall ? 'QUJD' : blob;
        exchange.reply({ content: [{ type: 'image', mimeType: 'image/png', data }] });
      });
      peer.on.set('resources/read', (exchange) => {
        exchange.reply({ contents: [{ uri: exchange.params['uri'], blob }] });
      });
      return await makeFactory().createAndConnect('s', peer.entry(settings));
    }

    it('is refused, and the error names the limit', async () => {
      const client = await started();
      // On a stream of its own it is plain whose answer it was; otherwise nobody can tell. No second run in any case.
      const call = await rejection(client.callTool('large'));
      const tooLarge = isStream ? 'FRAME_TOO_LARGE' : 'BODY_TOO_LARGE';
      expect(call).toMatchObject(
        wire === 'http'
          ? { code: tooLarge, delivered: 'yes' }
          : { code: 'OUTCOME_UNKNOWN', delivered: 'unknown' },
      );
      expect(`${call.message} ${messageOf(call.cause)}`).toContain(limit);
      const read = await rejection(client.readResource('test://large'));
      expect(read).toMatchObject({ code: tooLarge });
      expect(read.message).toContain(limit);
      // What is small is served as before.
      expect(await client.callTool('small')).toMatchObject({ content: [{ data: 'QUJD' }] });
    });

    it('arrives where the limit is raised', async () => {
      const client = await started({ limits: { frameBytes: 64 * MIB, bodyBytes: 64 * MIB } });
      const { content } = await client.callTool('large');
      expect((content as unknown as { data: string }[])[0]!.data).toHaveLength(blob.length);
    });
  },
);
