import { describe, expect, it } from 'vitest';
import { faultyCommand } from '../helpers/faulty-server.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import { type CliOutcome, cli, startCli, writeConfig } from './cli-run.ts';

const directory = temporaryDirectory();

/** One secret in every place of a config file that can hold one. */
const SECRETS = {
  env: 'canary-env-11111',
  expanded: 'canary-expanded-22222',
  header: 'canary-header-33333',
  query: 'canary-query-44444',
  oauth: 'canary-oauth-55555',
  launch: 'canary-launch-66666',
} as const;
const quick = { retry: false, timeouts: { connect: 1000 }, stop: { eofMs: 50 } };

const leaky = faultyCommand({
  start: [`stderr:my key is ${SECRETS.env} and ${SECRETS.expanded}`, `noise:${SECRETS.env}`],
  tools: [{ name: 'echo', description: `Uses ${SECRETS.env}. Really.`, inputSchema: { type: 'object' } }],
});
const { file } = writeConfig(directory, {
  leaky: { ...leaky, env: { API_TOKEN: SECRETS.env, EXTRA: '${CANARY_VARIABLE}' }, 'x-signalbox': quick },
  dying: {
    ...faultyCommand({ start: [`stderr:bad token ${SECRETS.env}`, 'exit:1'] }),
    env: { API_TOKEN: SECRETS.env },
    'x-signalbox': quick,
  },
  remote: {
    url: `http://127.0.0.1:9/mcp?api_key=${SECRETS.query}`,
    headers: { Authorization: `Bearer ${SECRETS.header}`, 'X-Custom': SECRETS.header },
    oauth: { clientId: 'me', clientSecret: SECRETS.oauth },
    'x-signalbox': quick,
  },
  launched: {
    url: 'http://127.0.0.1:9/mcp',
    'x-signalbox': {
      ...quick,
      launch: {
        command: process.execPath,
        args: ['-e', `console.error(process.env.SECRET_KEY); process.exit(1)`],
        env: { SECRET_KEY: SECRETS.launch },
      },
    },
  },
});
const options = { env: { CANARY_VARIABLE: SECRETS.expanded } };

function leaksOf({ stdout, stderr }: CliOutcome): string[] {
  return `${stdout}\n${stderr}`.split('\n').filter((line) => line.includes('canary'));
}

describe('S18 no secret of the configuration is printed', () => {
  it.each([
    [['status']],
    [['status', '--json']],
    [['status', '--log-level', 'trace']],
    [['list']],
    [['call', 'dying__x']],
    [['call', 'dying__x', '--json', '--log-level', 'trace']],
    [['call', 'leaky__echo', `apiKey=${SECRETS.env}`, '--log-level', 'trace']],
    [['call', 'remote__x', '--log-level', 'debug']],
    [['read', 'a:b', '--log-level', 'debug']],
  ])('%j', async (args) => {
    for (const tty of [undefined, 400]) {
      const outcome = await cli([...args, '-c', file], { ...options, ...(tty === undefined ? {} : { tty }) });
      expect(leaksOf(outcome)).toEqual([]);
      expect(outcome.stdout + outcome.stderr).not.toBe('');
    }
  });

  it('["up"]', async () => {
    const running = startCli(['up', '--port', '0', '-c', file, '--log-level', 'trace'], options);
    await until('it is ready', () => running.stdout().includes('--stdio'));
    running.interruption.interrupt('SIGINT');
    expect(leaksOf(await running.outcome)).toEqual([]);
  });

  it('while what a tool answers is data, and printed as it is', async () => {
    const outcome = await cli(['call', 'leaky__echo', `message=${SECRETS.env}`, '-c', file], options);
    expect(outcome.stdout).toBe(`${SECRETS.env}\n`);
  });
});
