import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../helpers/processes.ts';
import { type CliOutcome, cli } from './cli-run.ts';

const directory = temporaryDirectory();

const CONFIG = `{
  // the servers
  "mcpServers": {
    "api": {
      "url": "https://\${HOST:-h.example.com}/mcp?token=canary-query",
      "headers": {
        "Authorization": "Bearer \${API_KEY}",
        "X-Static": "canary-static"
      },
      "timeout": 20000,
      "x-signalbox": { "retry": false, "timeouts": { "connect": 10000 } }
    },
    "files": {
      "command": "npx",
      "args": ["-y", "files", "--token", "canary-arg"],
      "env": { "MODE": "fast", "TOKEN": "\${TOKEN}" },
      "envFile": "./files.env",
      "cwd": "sub"
    },
    "broken": { "command": "npx", "env": { "NEEDED": "\${NEEDED}", "SECRET_KEY": "canary-broken" }, "timeout": "x" }
  }
}
`;

interface Value {
  readonly key: string;
  readonly value: unknown;
  readonly from: string;
  readonly file?: string;
  readonly line?: number;
  readonly written?: string;
  readonly variables: unknown[];
  readonly why?: string;
}

const home = join(directory, 'home');
const project = join(home, 'project');
const file = join(project, '.mcp.json');
mkdirSync(join(project, 'sub'), { recursive: true });
mkdirSync(join(home, '.cursor'), { recursive: true });
writeFileSync(file, CONFIG);
writeFileSync(join(project, 'files.env'), '# for files\nFROM_FILE=canary-env-file\nMODE=slow\n');
writeFileSync(join(project, 'vars.env'), 'TOKEN=canary-vars\nAPI_KEY=other\n');
writeFileSync(
  join(home, '.cursor/mcp.json'),
  '{"mcpServers":{"other":{"command":"x"},\n"files":{"command":"different"}}}',
);

const run = (
  args: readonly string[],
  env: Record<string, string> = {},
  cwd: string = project,
): Promise<CliOutcome> => cli(args, { cwd, env: { HOME: home, API_KEY: 'canary-variable', ...env } });

async function explained(
  name: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<{
  readonly values: Map<string, Value>;
  readonly all: Record<string, unknown>;
  readonly outcome: CliOutcome;
}> {
  const outcome = await run(['config', 'explain', name, '--json', ...args], env);
  const all = JSON.parse(outcome.stdout) as Record<string, unknown> & { values: Value[] };
  return { values: new Map(all.values.map((one) => [one.key, one])), all, outcome };
}

describe('signalbox config explain', () => {
  it('tells the line of what is written, and what stands for its variables', async () => {
    const { values, all, outcome } = await explained('api');
    expect(outcome.code).toBe(0);
    expect(all).toMatchObject({ server: 'api', file, chosen: 'nearest', place: { line: 4 } });
    expect(values.get('timeout')).toEqual({
      key: 'timeout',
      value: 20000,
      from: 'file',
      file,
      line: 10,
      variables: [],
    });
    expect(values.get('headers.Authorization')).toMatchObject({
      value: 'Bearer ***',
      line: 7,
      written: 'Bearer ${API_KEY}',
      variables: [{ name: 'API_KEY', from: 'environment' }],
    });
    expect(values.get('url')).toMatchObject({ line: 5, variables: [{ name: 'HOST', from: 'default' }] });
    expect(values.get('x-signalbox.timeouts.connect')).toMatchObject({
      value: 10000,
      from: 'file',
      line: 11,
    });
  });

  it('tells the defaults of what nobody has written, and what follows from the rest', async () => {
    const { values } = await explained('api');
    expect(values.get('type')).toMatchObject({ value: 'http, then sse', from: 'default' });
    expect(values.get('x-signalbox.timeouts.request')).toMatchObject({
      value: 20000,
      from: 'default',
      why: 'as "timeout" says',
    });
    expect(values.get('x-signalbox.health.intervalMs')).toMatchObject({ value: 30000, from: 'default' });
    expect(values.get('x-signalbox.http.keepAliveMs')).toMatchObject({ value: 4000, from: 'default' });
    // What is switched off as a whole has no defaults, what is for programs is not for addresses.
    expect(values.has('x-signalbox.retry.baseMs')).toBe(false);
    expect(values.has('x-signalbox.stop.eofMs')).toBe(false);
    const { values: ofProgram } = await explained('files', [], { TOKEN: 'x' });
    expect(ofProgram.has('x-signalbox.stop.eofMs')).toBe(true);
    expect(
      [...ofProgram.keys()].filter((key) => /^x-signalbox\.(?:http|auth|rest|dialect)\b/u.test(key)),
    ).toEqual([]);
  });

  it('tells what an env file adds, which wins, and the folder that paths start at', async () => {
    const { values } = await explained('files', ['--env-file', 'vars.env']);
    expect(values.get('env.FROM_FILE')).toMatchObject({
      value: '***',
      from: 'env file',
      file: join(project, 'files.env'),
      line: 2,
    });
    expect(values.get('env.MODE')).toMatchObject({ from: 'file', value: 'fast' });
    expect(values.get('env.TOKEN')).toMatchObject({ variables: [{ name: 'TOKEN', from: 'env file' }] });
    expect(values.get('cwd')).toMatchObject({
      value: join(project, 'sub'),
      why: 'relative to the folder of the file',
    });
  });

  it('shows paths although they are a value of another server, where they might be secret', async () => {
    const other = join(project, 'other.json');
    writeFileSync(
      other,
      `{"mcpServers":{"a":{"command":"x"},"b":{"command":"x","env":{"ROOT":"${project}"}}}}`,
    );
    const { values } = await explained('a', ['-c', other]);
    expect(values.get('cwd')).toMatchObject({
      value: project,
      from: 'default',
      why: 'the folder of the file',
    });
  });

  it('the environment wins over --env-file', async () => {
    const { values } = await explained('api', ['--env-file', 'vars.env']);
    expect(values.get('headers.Authorization')).toMatchObject({
      variables: [{ name: 'API_KEY', from: 'environment' }],
    });
  });

  it('tells which other host has a server of that name', async () => {
    const { all } = await explained('files', [], { TOKEN: 'x' });
    expect(all['hosts']).toEqual([
      { title: 'Cursor', file: join(home, '.cursor/mcp.json'), line: 2, same: false },
    ]);
  });

  it('explains an entry that cannot be used as far as that goes, and ends with 1', async () => {
    const { values, all, outcome } = await explained('broken');
    expect(outcome.code).toBe(1);
    expect(values.get('env.NEEDED')).toMatchObject({
      value: '${NEEDED}',
      variables: [{ name: 'NEEDED', from: 'unset' }],
    });
    expect(all['error']).toMatchObject({ code: 'CONFIG_INVALID' });
    const text = await run(['config', 'explain', 'broken']);
    expect(text.stdout).toContain('NEEDED: not set');
    expect(text.stdout).toContain('✗');
  });

  it('never shows a secret', async () => {
    for (const name of ['api', 'files', 'broken']) {
      for (const args of [[], ['--json'], ['--log-level', 'trace'], ['--env-file', 'vars.env']]) {
        const { stdout, stderr } = await run(['config', 'explain', name, ...args], { TOKEN: 'canary-token' });
        expect(`${stdout}${stderr}`, `${name} ${args.join(' ')}`).not.toContain('canary');
        expect(stdout).not.toBe('');
      }
    }
  });

  it('as a table: key, value, origin', async () => {
    const { stdout } = await run(['config', 'explain', 'api']);
    expect(stdout).toContain('api  ~/project/.mcp.json:4 (the nearest from here upwards)');
    expect(stdout).toMatch(/^KEY +VALUE +FROM$/mu);
    expect(stdout).toMatch(/^timeout +20000 +\.mcp\.json:10$/mu);
    expect(stdout).toMatch(/^x-signalbox\.lazy +false +default$/mu);
    expect(stdout).toMatch(/Bearer \$\{API_KEY\} {2}API_KEY: environment$/mu);
  });

  it('suggests the name that is meant', async () => {
    const { code, stderr } = await run(['config', 'explain', 'fils']);
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "files"?');
  });
});

describe('signalbox config path', () => {
  it('prints the file that is used', async () => {
    const nearest = await run(['config', 'path'], {}, join(project, 'sub'));
    expect([nearest.code, nearest.stdout]).toEqual([0, `${file}\n`]);
    const named = await run(['config', 'path', '-c', 'elsewhere.json', '--json']);
    expect(JSON.parse(named.stdout)).toEqual({ file: join(project, 'elsewhere.json'), chosen: 'option' });
    expect((await run(['config', 'path'], {}, dirname(directory))).code).toBe(1);
  });
});

describe('--env-file', () => {
  it('that cannot be read is an error', async () => {
    const { code, stderr } = await run(['config', 'explain', 'api', '--env-file', 'nowhere.env']);
    expect(code).toBe(1);
    expect(stderr).toContain('nowhere.env does not exist');
  });
});
