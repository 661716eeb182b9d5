import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { PassThrough } from 'node:stream';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { HOST_FILES } from '../config/import/host-fixtures.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { until } from '../helpers/until.ts';
import { type CliOutcome, cli, ENTRIES, openStdin, startCli, WELCOME } from './cli-run.ts';

const directory = temporaryDirectory();
let homes = 0;

/** Where each host keeps the file of its fixture, below a home folder on Linux. */
const PLACES: Readonly<Record<string, string>> = {
  'claude-desktop/claude_desktop_config.json': '.config/Claude/claude_desktop_config.json',
  'claude-code/.claude.json': '.claude.json',
  'cursor/mcp.json': '.cursor/mcp.json',
  'vscode/mcp.json': '.config/Code/User/mcp.json',
  'windsurf/mcp_config.json': '.codeium/windsurf/mcp_config.json',
  'cline/cline_mcp_settings.json':
    '.config/Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json',
  'roo/mcp_settings.json':
    '.config/Code/User/globalStorage/rooveterinaryinc.roo-cline/settings/mcp_settings.json',
  'gemini/settings.json': '.gemini/settings.json',
  'codex/config.toml': '.codex/config.toml',
  'opencode/opencode.json': '.config/opencode/opencode.json',
  'goose/config.yaml': '.config/goose/config.yaml',
  'zed/settings.json': '.config/zed/settings.json',
  'continue/config.yaml': '.continue/config.yaml',
  'junie/mcp.json': '.junie/mcp/mcp.json',
  'mcporter/mcporter.json': '.mcporter/mcporter.json',
};

/** A home folder with files of hosts, and a project in it. */
interface Home {
  readonly home: string;
  readonly project: string;
  readonly target: string;
  run(args: readonly string[], tty?: number, stdin?: PassThrough): Promise<CliOutcome>;
  read(file?: string): string;
  write(file: string, text: string): void;
}

function makeHome(fixtures: readonly string[] = []): Home {
  const home = join(directory, `home-${homes++}`);
  const project = join(home, 'project');
  mkdirSync(project, { recursive: true });
  for (const name of fixtures) {
    const to = join(home, PLACES[name] ?? name);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(HOST_FILES, name), to);
  }
  return {
    home,
    project,
    target: join(project, '.mcp.json'),
    run: (args, tty, stdin) => {
      const options = { cwd: project, env: { HOME: home }, ...(stdin === undefined ? {} : { stdin }) };
      return cli(args, tty === undefined ? options : { ...options, tty });
    },
    read: (file = '.mcp.json') => readFileSync(join(project, file), 'utf8'),
    write: (file, text) => {
      mkdirSync(dirname(join(home, file)), { recursive: true });
      writeFileSync(join(home, file), text);
    },
  };
}

/** Answers questions at a terminal, each when it is asked. */
async function answering(
  home: Home,
  args: readonly string[],
  answers: readonly string[],
): Promise<CliOutcome> {
  const stdin = Object.assign(openStdin(), { isTTY: true });
  const running = startCli(args, { cwd: home.project, env: { HOME: home.home }, tty: 200, stdin });
  for (const [index, answer] of answers.entries()) {
    await until(`question ${index + 1}`, () => questionsIn(running.stderr()) > index);
    stdin.write(`${answer}\n`);
  }
  return await running.outcome;
}

function questionsIn(text: string): number {
  return text.match(/\[(?:no|skip|variables)\]/gu)?.length ?? 0;
}

const ALL = Object.keys(PLACES);
const secretsIn = (text: string): string[] => text.match(/[\w-]*canary[\w-]*/giu) ?? [];

describe('signalbox import', () => {
  it('without a host shows what there is, and writes nothing where nobody can be asked', async () => {
    const home = makeHome(['cursor/mcp.json', 'codex/config.toml', 'goose/config.yaml']);
    const { code, stdout, stderr } = await home.run(['import']);
    expect(code).toBe(0);
    for (const text of ['Cursor', '~/.cursor/mcp.json', 'Codex', 'Goose', 'context7', 'seconds → ms']) {
      expect(stdout).toContain(text);
    }
    expect(stderr).toContain('Nothing was written; `signalbox import all` writes all of them');
    expect(existsSync(home.target)).toBe(false);
  });

  it('takes all hosts over, into a file that loads', async () => {
    const home = makeHome(ALL);
    const { code, stdout } = await home.run(['import', 'all', '--on-conflict', 'rename', '--json']);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as {
      written: boolean;
      servers: { name: string; action: string; host: string }[];
      variables: { name: string; state: string }[];
    };
    expect(report.written).toBe(true);
    const written = report.servers.filter(({ action }) => action === 'add' || action === 'rename');
    expect(new Set(report.servers.map(({ host }) => host)).size).toBe(ALL.length);
    const env = Object.fromEntries(report.variables.map(({ name }) => [name, `value-${name}`]));
    writeFileSync(join(home.project, '.env'), '');
    const config = await loadConfig(home.target, { env });
    expect([...config.failed.values()].map(String)).toEqual([]);
    expect([...config.servers.keys()]).toEqual(written.map(({ name }) => name));
  });

  it('does nothing the second time', async () => {
    const home = makeHome(ALL);
    await home.run(['import', 'all', '--on-conflict', 'rename']);
    const before = home.read();
    const { code, stdout } = await home.run(['import', 'all', '--on-conflict', 'rename']);
    expect(code).toBe(0);
    expect(stdout).toContain('was not written');
    expect(home.read()).toBe(before);
  });

  it('takes one host, some servers, one file', async () => {
    const home = makeHome(['cursor/mcp.json', 'codex/config.toml']);
    await home.run(['import', 'codex', '--only', 'context7']);
    expect([...(await loadConfig(home.target, { env: {}, lenient: true })).servers.keys()]).toEqual([
      'context7',
    ]);
    const from = join(HOST_FILES, 'roo/mcp_settings.json');
    expect((await home.run(['import', '--from', from, '--host', 'roo', '--to', 'other.json'])).code).toBe(0);
    expect(home.read('other.json')).toContain('"timeout": 300000');
  });

  it('keeps comments, keys, order and mode of the file', async () => {
    const home = makeHome(['junie/mcp.json']);
    const before =
      '// mine\n{\n\t"inputs": [],\n\t"mcpServers": {\n\t\t"a": { "command": "a" }, // first\n\t},\n}\n';
    writeFileSync(home.target, before);
    chmodSync(home.target, 0o640);
    expect((await home.run(['import', 'junie'])).code).toBe(0);
    expect(home.read().startsWith(before.slice(0, before.indexOf('\n\t},')))).toBe(true);
    expect(home.read()).toContain('\n\t\t"files": {\n\t\t\t"command": "npx",');
    expect(statSync(home.target).mode & 0o777).toBe(0o640);
    expect(readdirSync(home.project)).toEqual(['.mcp.json']);
  });

  it('writes through a link, and leaves it a link', async () => {
    const home = makeHome(['junie/mcp.json']);
    home.write('dotfiles/mcp.json', '{"mcpServers":{}}');
    symlinkSync(join(home.home, 'dotfiles/mcp.json'), home.target);
    expect((await home.run(['import', 'junie'])).code).toBe(0);
    expect(lstatSync(home.target).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(home.home, 'dotfiles/mcp.json'), 'utf8')).toContain('"files"');
  });

  it.each([
    ['no JSON', '{"mcpServers": {', /not valid JSON/u],
    ['no servers', '{"a": 1, "b": 2}', /no servers found/u],
    ['a map that is none', '{"mcpServers": []}', /"mcpServers" is a list/u],
  ])('refuses to touch a file that it cannot read: %s', async (_, text, message) => {
    const home = makeHome(['junie/mcp.json']);
    writeFileSync(home.target, text);
    const { code, stderr } = await home.run(['import', 'junie']);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(home.read()).toBe(text);
  });

  it('tells of conflicts and writes nothing, unless it is told what to do', async () => {
    const home = makeHome(['junie/mcp.json']);
    const before = '{"mcpServers":{"files":{"command":"mine"}}}';
    writeFileSync(home.target, before);
    const refused = await home.run(['import', 'junie']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('files; say --on-conflict skip, replace or rename');
    expect(home.read()).toBe(before);
    expect((await home.run(['import', 'junie', '--on-conflict', 'skip'])).stdout).toContain('1 skipped');
    expect(home.read()).toBe(before);
    expect((await home.run(['import', 'junie', '--on-conflict', 'rename'])).stdout).toContain('files-junie');
    expect(home.read()).toContain('"command":"mine"');
    await home.run(['import', 'junie', '--on-conflict', 'replace']);
    expect(home.read()).not.toContain('"command":"mine"');
  });

  it('a broken file of one host keeps no other from being read', async () => {
    const home = makeHome(['junie/mcp.json', 'codex/config.toml']);
    home.write('.cursor/mcp.json', '{"mcpServers": {"a": {"env": {"T": "canary-broken"} ]');
    const { code, stdout, stderr } = await home.run(['import', 'all']);
    expect(code).toBe(1);
    expect(stdout).toContain('not valid JSON');
    expect(home.read()).toContain('"context7"');
    expect(secretsIn(stdout + stderr)).toEqual([]);
    const alone = await home.run(['import', 'cursor']);
    expect([alone.code, alone.stderr]).toEqual([1, expect.stringContaining('not valid JSON')]);
  });

  it('a server that cannot be used is told of with its place, and the others are written', async () => {
    const home = makeHome();
    home.write(
      '.cursor/mcp.json',
      '{\n"mcpServers": {\n"bad": {"command": "x",\n"args": "text"},\n"good": {"command": "y"}}}',
    );
    const { code, stdout } = await home.run(['import', 'cursor']);
    expect(code).toBe(1);
    expect(stdout).toContain(`${join(home.home, '.cursor/mcp.json')}:4: "args" is text`);
    expect([...(await loadConfig(home.target)).servers.keys()]).toEqual(['good']);
  });

  it('--dry-run writes nothing, and --json tells the entries', async () => {
    const home = makeHome(['codex/config.toml']);
    const { code, stdout } = await home.run([
      'import',
      'codex',
      '--dry-run',
      '--json',
      '--secrets',
      'env-file',
    ]);
    expect(code).toBe(0);
    expect(readdirSync(home.project)).toEqual([]);
    const report = JSON.parse(stdout) as { written: boolean; servers: Record<string, unknown>[] };
    expect(report.written).toBe(false);
    expect(report.servers[0]).toMatchObject({
      name: 'context7',
      host: 'codex',
      line: 4,
      action: 'add',
      entry: { env: { CONTEXT7_API_KEY: '${CONTEXT7_API_KEY}' }, timeout: 45500 },
      secrets: [{ key: 'env.CONTEXT7_API_KEY', variable: 'CONTEXT7_API_KEY' }],
    });
  });

  it.each([
    [['import', 'cursr'], 'did you mean "cursor"'],
    [['import', 'cursor'], 'no file of Cursor was found: looked for'],
    [['import', 'fastmcp'], 'it has no fixed place'],
    [['import', '--from', 'nowhere.json'], 'does not exist'],
    [['import', 'junie', '--only', 'fils'], 'did you mean "files"'],
    [['import', 'junie', '--on-conflict', 'nothing'], 'Allowed choices are skip, replace, rename'],
  ])('%j tells what is wrong', async (args, message) => {
    const home = makeHome(['junie/mcp.json']);
    const { code, stderr } = await home.run(args);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(message);
    expect(existsSync(home.target)).toBe(false);
  });

  it('S16 nothing of a file reaches the terminal as it is', async () => {
    const home = makeHome();
    const evil = 'a\u001B[2Jb\u202Ec\u0007';
    home.write(
      '.claude.json',
      JSON.stringify({
        mcpServers: {
          [evil]: { command: evil, args: [evil], env: { [evil]: evil }, [evil]: evil, type: evil },
          [`${evil}2`]: { command: 'x', [evil]: 1, env: { [`${evil}TOKEN`]: evil } },
        },
        projects: { [evil]: { mcpServers: { x: {} } } },
      }),
    );
    for (const args of [
      ['import'],
      ['import', 'all'],
      ['import', 'all', '--json'],
      ['import', 'all', '--only', evil],
    ]) {
      const { stdout, stderr } = await home.run([...args, '--no-color'], 200);
      // oxlint-disable-next-line no-control-regex -- these are what must not be there
      expect(stdout + stderr, args.join(' ')).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u202E]/u);
    }
    expect(Object.keys((JSON.parse(home.read()) as { mcpServers: object }).mcpServers)).toEqual(['ab c 2']);
  });

  it('a place that cannot be written is an error, and nothing is left behind', async () => {
    const home = makeHome(['junie/mcp.json']);
    const { code, stderr } = await home.run(['import', 'junie', '--to', 'nowhere/x.json']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('nowhere/x.json: cannot be written (ENOENT)'),
    ]);
    symlinkSync(join(home.home, 'gone.json'), home.target);
    const broken = await home.run(['import', 'junie']);
    expect([broken.code, broken.stderr]).toEqual([1, expect.stringContaining('a link that leads nowhere')]);
    expect(readdirSync(home.project)).toEqual(['.mcp.json']);
  });

  it('a project that the file belongs to elsewhere goes on to run there', async () => {
    const home = makeHome();
    home.write(
      'shop/.cursor/mcp.json',
      '{"mcpServers":{"a":{"command":"x","args":["${workspaceFolder}/s.py"]}}}',
    );
    await home.run(['import', '--from', join(home.home, 'shop/.cursor/mcp.json')]);
    const { servers } = await loadConfig(home.target);
    const shop = join(home.home, 'shop');
    expect(servers.get('a')).toMatchObject({ cwd: shop, args: [join(shop, 's.py')] });
  });
});

describe('signalbox import and secrets', () => {
  it('S18 no secret is printed or written: they become variables', async () => {
    const home = makeHome(ALL);
    for (const args of [
      ['import'],
      ['import', 'all', '--dry-run', '--on-conflict', 'rename'],
      ['import', 'all', '--dry-run', '--json', '--on-conflict', 'rename'],
      ['import', 'all', '--json', '--on-conflict', 'rename', '--log-level', 'trace'],
      ['import', 'all', '--on-conflict', 'replace'],
      ['config', 'explain', 'context7'],
      ['config', 'explain', 'context7', '--json'],
    ]) {
      for (const tty of [undefined, 300]) {
        const { stdout, stderr } = await home.run(args, tty);
        expect(secretsIn(stdout + stderr), args.join(' ')).toEqual([]);
        expect(stdout).not.toBe('');
      }
    }
    expect(secretsIn(home.read())).toEqual([]);
    expect(existsSync(join(home.project, '.env'))).toBe(false);
  });

  it('S18 wherever they stand, in hosts and in the file that is written', async () => {
    const home = makeHome();
    const slots = {
      command: 'x',
      args: [
        '--token',
        'canary-1',
        '--password=canary-2',
        'https://u:canary-3@h/?api_key=canary-4',
        '-e',
        'KEY=canary-5',
        '--header',
        'Authorization: Bearer canary-6',
      ],
      env: { A_TOKEN: 'canary-7', URL: 'redis://x:canary-8@h', PLAIN: '${A_KEY:-canary-9}' },
    };
    const remote = {
      url: 'https://h/mcp?token=canary-10',
      headers: { Authorization: 'Basic canary-11', Cookie: 'a=canary-12', 'X-Auth': 'canary-13' },
      oauth: { clientId: 'x', clientSecret: 'canary-14' },
      headersHelper: 'get-token canary-15',
    };
    const broken = { command: 7, env: { B_TOKEN: 'canary-16' }, args: ['--token', 'canary-17'] };
    home.write('.claude.json', JSON.stringify({ mcpServers: { slots, remote, broken } }));
    writeFileSync(
      home.target,
      JSON.stringify({ mcpServers: { slots: { ...slots, env: { C_TOKEN: 'canary-18' } } } }),
    );
    for (const args of [
      ['import', 'all', '--dry-run'],
      ['import', 'all', '--json', '--dry-run'],
      ['import', 'all'],
    ]) {
      const { stdout, stderr } = await home.run(args, 300);
      expect(secretsIn(stdout + stderr)).toEqual([]);
    }
    for (const rule of ['skip', 'rename']) {
      const { stdout, stderr } = await home.run(['import', 'all', '--on-conflict', rule]);
      expect(secretsIn(stdout + stderr)).toEqual([]);
    }
    const { mcpServers } = JSON.parse(home.read()) as { mcpServers: Record<string, unknown> };
    expect(Object.keys(mcpServers)).toEqual(['slots', 'remote', 'slots-claude-code']);
    expect(secretsIn(JSON.stringify([mcpServers['remote'], mcpServers['slots-claude-code']]))).toEqual([]);
    for (const name of Object.keys(mcpServers)) {
      for (const json of [[], ['--json']]) {
        const { stdout, stderr } = await home.run(['config', 'explain', name, ...json]);
        expect(secretsIn(stdout + stderr), name).toEqual([]);
      }
    }
  });

  it('go to an env file that only its user can read, and --env-file reads it', async () => {
    const home = makeHome(['codex/config.toml', 'zed/settings.json']);
    writeFileSync(join(home.project, '.env'), 'MINE=1\nSOME_TOKEN=taken');
    const { code, stdout, stderr } = await home.run(['import', 'all', '--secrets', 'env-file']);
    expect([code, secretsIn(stdout + stderr)]).toEqual([0, []]);
    expect(statSync(join(home.project, '.env')).mode & 0o777).toBe(0o600);
    expect(parseEnv(home.read('.env'))).toEqual({
      MINE: '1',
      SOME_TOKEN: 'taken',
      CONTEXT7_API_KEY: 'codex-canary-9',
      LOCAL_MCP_SERVER_SOME_TOKEN: 'zed-canary-12',
      REMOTE_MCP_SERVER_TOKEN: 'zed-canary-13',
    });
    expect(secretsIn(home.read())).toEqual([]);
    const explained = await home.run(['config', 'explain', 'remote-mcp-server', '--env-file', '.env']);
    expect(explained.code).toBe(0);
    expect(explained.stdout).toContain('REMOTE_MCP_SERVER_TOKEN: .env');
    expect(secretsIn(explained.stdout)).toEqual([]);
  });

  it('an env file that git does not ignore is warned of', async () => {
    const home = makeHome(['codex/config.toml']);
    mkdirSync(join(home.project, '.git'));
    const first = await home.run(['import', 'codex', '--secrets', 'env-file', '--to', 'a.json']);
    expect(first.stderr).toContain(`add it to ${join(home.project, '.gitignore')}`);
    writeFileSync(join(home.project, '.gitignore'), 'node_modules\n.env\n');
    const second = await home.run(['import', 'codex', '--secrets', 'env-file', '--to', 'b.json']);
    expect(second.stderr).not.toContain('.gitignore');
  });

  it('are copied in clear only when that was asked for, into a file for this user alone', async () => {
    const home = makeHome(['codex/config.toml']);
    const { stdout, stderr } = await home.run(['import', 'codex', '--secrets', 'clear', '--json']);
    expect(secretsIn(stdout + stderr)).toEqual([]);
    expect(secretsIn(home.read())).toEqual(['codex-canary-9']);
    expect(statSync(home.target).mode & 0o777).toBe(0o600);
  });

  it('variables tell whether they are set, and to something else', async () => {
    const home = makeHome(['codex/config.toml']);
    const env = { HOME: home.home, CONTEXT7_API_KEY: 'another', LOCAL_TOKEN: 'x' };
    const { stdout } = await cli(['import', 'codex', '--dry-run', '--json'], { cwd: home.project, env });
    const states = (JSON.parse(stdout) as { variables: { name: string; state: string }[] }).variables;
    expect(Object.fromEntries(states.map(({ name, state }) => [name, state]))).toEqual({
      CONTEXT7_API_KEY: 'differs',
      LOCAL_TOKEN: 'set',
      REMOTE_TOKEN: 'unset',
      FIGMA_OAUTH_TOKEN: 'unset',
      EXAMPLE_HEADER: 'unset',
    });
  });
});

describe('signalbox import at a terminal', () => {
  it('asks before it writes, about secrets, and about each conflict', async () => {
    const home = makeHome(['codex/config.toml', 'junie/mcp.json']);
    writeFileSync(home.target, '{"mcpServers":{"files":{"command":"mine"}}}');
    const { code, stdout, stderr } = await answering(home, ['import'], ['y', 'env-file', 'new']);
    expect(stderr).toContain('Write 4 servers to ~/project/.mcp.json?');
    // What would become of everything is shown before the question, how it is changed only once.
    expect(stdout.match(/seconds → ms/gu)).toHaveLength(2);
    expect(stdout.indexOf('seconds → ms')).toBeLessThan(stdout.indexOf('wrote ~/project/.mcp.json'));
    expect(stderr).toContain('1 secret stands in clear there.');
    expect(stderr).toContain('"files" of ~/.junie/mcp/mcp.json:3 differs from that of ~/project/.mcp.json');
    expect(code).toBe(0);
    expect(Object.keys((JSON.parse(home.read()) as { mcpServers: object }).mcpServers)).toEqual([
      'files',
      'context7',
      'figma',
      'chrome',
      'files-junie',
    ]);
    expect(parseEnv(home.read('.env'))).toEqual({ CONTEXT7_API_KEY: 'codex-canary-9' });
  });

  it('an empty answer is the harmless one, and what is no answer is asked again', async () => {
    const home = makeHome(['codex/config.toml']);
    expect((await answering(home, ['import'], [''])).code).toBe(0);
    expect(existsSync(home.target)).toBe(false);
    expect((await answering(home, ['import', 'codex'], ['what', ''])).code).toBe(0);
    expect(secretsIn(home.read())).toEqual([]);
  });

  it('Ctrl-C at a question writes nothing', async () => {
    const home = makeHome(['codex/config.toml']);
    const stdin = Object.assign(openStdin(), { isTTY: true });
    const running = startCli(['import'], { cwd: home.project, env: { HOME: home.home }, tty: 200, stdin });
    await until('the question', () => questionsIn(running.stderr()) > 0);
    running.interruption.interrupt('SIGINT');
    expect((await running.outcome).code).toBe(130);
    expect(existsSync(home.target)).toBe(false);
  });
});

describe('what was imported', () => {
  it('runs: real servers from files of two hosts are listed and called', async () => {
    const home = makeHome();
    home.write(
      '.cursor/mcp.json',
      JSON.stringify({ mcpServers: { files: { ...ENTRIES.files, 'x-signalbox': undefined } } }),
    );
    const { command, args } = ENTRIES.units;
    home.write(
      '.codex/config.toml',
      `[mcp_servers.units]\ncommand = ${JSON.stringify(command)}\nargs = ${JSON.stringify(args)}\nstartup_timeout_sec = 60\nenv_vars = ["UNITS_TOKEN"]\n`,
    );
    expect((await home.run(['import', 'all'])).code).toBe(0);
    home.write('project/.env', 'UNITS_TOKEN=t0ken-of-units\n');
    const listed = await home.run(['list', '--env-file', '.env']);
    expect([listed.code, listed.stderr]).toEqual([0, '']);
    expect(listed.stdout).toContain('units__convert');
    const read = await home.run(['call', 'files__read_text_file', `path=${WELCOME}`, '--env-file', '.env']);
    expect([read.code, read.stdout.trim()]).toEqual([0, readFileSync(WELCOME, 'utf8').trim()]);
    const unset = await home.run(['list', 'units']);
    expect([unset.code, unset.stderr]).toEqual([
      1,
      expect.stringContaining('needs the variable UNITS_TOKEN'),
    ]);
  });
});
