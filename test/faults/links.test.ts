import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { ServerRegistry } from '../../src/registry/server-registry.ts';
import { rejection, testFactories } from '../helpers/clients.ts';
import { startHttpFixture } from '../helpers/http-fixture.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { EVERYWHERE, testPeers } from '../helpers/protocol-peer.ts';

const startPeer = testPeers();
const makeFactory = testFactories();
const directory = temporaryDirectory();

const watchers: { stop: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(watchers.splice(0).map((watcher) => watcher.stop()));
});

let pipes = 0;
/** A file that tells when somebody opens it: a pipe, whose writer waits for the first reader. */
function watchedFile(): { readonly url: string; readonly wasRead: () => boolean } {
  const path = join(directory, `pipe-${pipes++}`);
  execFileSync('mkfifo', [path]);
  const writer = spawn('sh', ['-c', 'echo secret > "$1"', 'sh', path], { stdio: 'ignore' });
  watchers.push({
    stop: async () => {
      if (writer.exitCode !== null || writer.signalCode !== null) return;
      const gone = once(writer, 'exit');
      writer.kill('SIGKILL');
      await gone;
    },
  });
  return { url: pathToFileURL(path).href, wasRead: () => writer.exitCode !== null };
}

describe.each(EVERYWHERE)(
  'S30 addresses in what a server of the $era era says over $wire',
  ({ era, wire }) => {
    it('are data: nothing is followed, read or fetched', async () => {
      const web = await startHttpFixture((_request, response) => void response.end('secret'));
      const file = watchedFile();
      const links = [file.url, 'file:///etc/passwd', `${web.origin}/x`, 'javascript:alert(1)'];
      const peer = await startPeer({ era, wire });
      peer.resources = links.map((uri) => ({ uri, name: uri, icons: [{ src: `${web.origin}/icon.png` }] }));
      peer.tools = [
        { name: 'links', inputSchema: { type: 'object' }, icons: [{ src: `${web.origin}/i.svg` }] },
      ];
      const content = [
        ...links.map((uri) => ({ type: 'resource_link', uri, name: uri })),
        { type: 'resource', resource: { uri: file.url, text: 'as the server says' } },
        { type: 'text', text: `![image](${web.origin}/pixel.png)` },
      ];
      peer.on.set('tools/call', (exchange) => exchange.reply({ content }));
      peer.on.set('prompts/get', (exchange) =>
        exchange.reply({ messages: [{ role: 'user', content: content[0] }], description: web.origin }),
      );
      const registry = new ServerRegistry({ factory: makeFactory() });
      registry.register('s', peer.entry());
      await registry.connectAll();

      expect(await registry.callTool('s__links')).toMatchObject({ content });
      expect((await registry.listResources()).items.map(({ resource }) => resource.uri)).toEqual(links);
      expect(await registry.getPrompt('s__greet')).toMatchObject({ messages: [{ content: content[0] }] });
      // Reading one asks the server, whatever its scheme says.
      for (const uri of links) {
        expect(await registry.readResource(uri)).toMatchObject({ contents: [{ uri, text: 'x' }] });
      }
      expect(peer.of('resources/read').map(({ params }) => params['uri'])).toEqual(links);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(web.requests).toEqual([]);
      expect(file.wasRead()).toBe(false);
      await registry.shutdown({ drainMs: 0 });
    });

    it('lead nowhere if no server offers them', async () => {
      const file = watchedFile();
      const peer = await startPeer({ era, wire });
      peer.resourceTemplates = [];
      const registry = new ServerRegistry({ factory: makeFactory() });
      registry.register('s', peer.entry());
      await registry.connectAll();
      expect(await rejection(registry.readResource(file.url))).toMatchObject({ code: 'UNKNOWN_NAME' });
      expect(peer.of('resources/read')).toEqual([]);
      expect(file.wasRead()).toBe(false);
      await registry.shutdown({ drainMs: 0 });
    });
  },
);

describe('the watched file', () => {
  it('tells of a reader', async () => {
    const file = watchedFile();
    expect(execFileSync('cat', [new URL(file.url).pathname]).toString()).toBe('secret\n');
    for (let turns = 0; !file.wasRead() && turns < 1000; turns++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(file.wasRead()).toBe(true);
  });
});
