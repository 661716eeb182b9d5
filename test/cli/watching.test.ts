import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { CliIo } from '../../src/cli/cli-io.ts';
import { createContext } from '../../src/cli/command-context.ts';
import { Interruption } from '../../src/cli/interruption.ts';
import { closeServers, openServers, readConfig } from '../../src/cli/open-servers.ts';
import { watchServers } from '../../src/cli/watch-servers.ts';
import { Redactor } from '../../src/core/redact.ts';
import { checkHttpFixtures } from '../helpers/http-fixture.ts';
import { startMcpHttp } from '../helpers/mcp-http.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import { writeConfig } from './cli-run.ts';

checkHttpFixtures();
const directory = temporaryDirectory();

it('a server that was given up is tried again, and told of when it is there', async () => {
  const server = await startMcpHttp();
  let isDown = true;
  let attempts = 0;
  server.server.prependListener('connection', (socket) => {
    attempts++;
    if (isDown) socket.destroy();
  });
  const { file } = writeConfig(directory, {
    late: { type: 'http', url: server.url, 'x-signalbox': { retry: { maxAttempts: 1, pauseMs: 20 } } },
    never: { command: 'signalbox-no-such-command' },
  });
  const stderr = new PassThrough();
  const io: CliIo = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr,
    env: {},
    cwd: directory,
    redactor: new Redactor(),
    interruption: new Interruption(),
  };
  const context = createContext(io, { config: file, logLevel: 'silent', color: false });
  const { registry } = openServers(context, await readConfig(context));
  await registry.connectAll();
  const stop = watchServers(context, registry);

  // Only the one whose trouble may pass.
  expect(registry.getServer('late')!.client.connectionState).toMatchObject({
    kind: 'error',
    retryAt: expect.any(Number) as number,
  });
  expect(registry.getServer('never')!.client.connectionState).toMatchObject({
    kind: 'error',
    retryAt: undefined,
  });
  const before = attempts;
  await until('it failed again and again', () => attempts >= before + 3);
  isDown = false;
  await until('it is connected', () => registry.getServer('late')?.isConnected === true);
  stop();
  await closeServers(context, registry, { drainMs: 0 });
  expect(String(stderr.read())).toBe('✓ late: connected\n');
});
