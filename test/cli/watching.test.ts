import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { CliIo } from '../../src/cli/cli-io.ts';
import { createContext } from '../../src/cli/command-context.ts';
import { Interruption } from '../../src/cli/interruption.ts';
import { closeServers, openServers, readConfig } from '../../src/cli/open-servers.ts';
import { reviveServers } from '../../src/cli/revive-servers.ts';
import { watchServers } from '../../src/cli/watch-servers.ts';
import { Redactor } from '../../src/core/redact.ts';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { checkHttpFixtures } from '../helpers/http-fixture.ts';
import { startMcpHttp } from '../helpers/mcp-http.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import { writeConfig } from './cli-run.ts';

checkHttpFixtures();
const directory = temporaryDirectory();

it('a server that was given up is tried again, with growing pauses, and told of when it is there', async () => {
  const server = await startMcpHttp();
  let isDown = true;
  let attempts = 0;
  server.server.prependListener('connection', (socket) => {
    attempts++;
    if (isDown) socket.destroy();
  });
  const { file } = writeConfig(directory, {
    late: { type: 'http', url: server.url, 'x-signalbox': { retry: false } },
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
  const clock = new FakeClock();
  const stops = [watchServers(context, registry), reviveServers(context, registry, clock)];

  // Only the one whose trouble may pass.
  expect(clock.pendingTimers).toBe(1);
  const before = attempts;
  await clock.advance(10_000);
  await until('the second failure', () => attempts > before && clock.pendingTimers === 1);
  expect(clock.nextTimerIn).toBe(20_000);
  isDown = false;
  await clock.advance(20_000);
  await until('it is connected', () => registry.getServer('late')?.isConnected === true);
  expect(clock.pendingTimers).toBe(0);
  for (const stop of stops) stop();
  await closeServers(context, registry, { drainMs: 0 });
  expect(String(stderr.read())).toBe('✓ late: connected\n');
});
