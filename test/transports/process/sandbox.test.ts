import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SandboxSettings } from '../../../src/config/sandbox.ts';
import type { StdioTransportOptions } from '../../../src/transports/stdio/stdio-transport.ts';
import { trackProcesses } from '../../helpers/leak-check.ts';
import { temporaryDirectory } from '../../helpers/processes.ts';
import { makeStdio, NEVER, type ProbedStdio, request } from '../../helpers/stdio-probe.ts';
import { NO_BWRAP, sandbox, unlessSkipped } from './bwrap.ts';

const ROOT = join(import.meta.dirname, '../../..');
const ACTOR = join(ROOT, 'test/fixtures/programs/sandbox-actor.mjs');
const MIB = 1024 * 1024;
const tracker = trackProcesses();
const directory = temporaryDirectory();

interface Actor extends ProbedStdio {
  /** Has the server do something inside; what came of it, or `{code}` of its failure. */
  readonly act: (action: string, params?: Record<string, unknown>) => Promise<unknown>;
}

async function actor(
  settings: SandboxSettings = {},
  options: Partial<StdioTransportOptions> = {},
): Promise<Actor> {
  const made = makeStdio({
    command: process.execPath,
    args: [ACTOR],
    cwd: ROOT,
    sandbox: sandbox(settings),
    ...options,
  });
  await made.transport.open(made.receiver, NEVER);
  tracker.track(made.pid());
  let id = 0;
  const act: Actor['act'] = async (action, params) => {
    id++;
    made.transport.send(request(id, action, params));
    return (await made.receiver.count(id))[id - 1]!['result'];
  };
  return { ...made, act };
}

function folder(name: string): string {
  const path = join(directory, name);
  mkdirSync(path);
  return path;
}

describe.skipIf(NO_BWRAP !== undefined)(unlessSkipped('the files of a server in a sandbox'), () => {
  it('cannot be changed, wherever they are', async () => {
    const { act, transport } = await actor();
    for (const place of ['/', '/etc', '/usr', ROOT, '/var/lib']) {
      expect(await act('write', { path: join(place, 'signalbox-was-here') }), place).toEqual({
        code: 'EROFS',
      });
    }
    await transport.close();
  });

  it('can be changed where that is allowed, also behind a link, and nowhere beside it', async () => {
    const real = folder('real');
    const beside = folder('beside');
    const link = join(directory, 'link');
    symlinkSync(real, link);
    const { act, transport } = await actor({ writable: [link], tmp: 'shared' });
    expect(await act('write', { path: join(link, 'a') })).toBe('done');
    expect(await act('write', { path: join(beside, 'a') })).toEqual({ code: 'EROFS' });
    await transport.close();
    expect(readdirSync(real)).toEqual(['a']);
  });

  it('relative paths start at the working directory', async () => {
    const cwd = folder('project');
    mkdirSync(join(cwd, 'notes'));
    const { act, transport } = await actor({ writable: ['notes'], readable: [ACTOR] }, { cwd });
    expect(await act('where')).toMatchObject({ cwd });
    expect(await act('write', { path: 'notes/a' })).toBe('done');
    expect(await act('write', { path: 'a' })).toEqual({ code: 'EROFS' });
    await transport.close();
  });

  it('temporary ones are its own, and vanish with it', async () => {
    writeFileSync(join(directory, 'of-somebody'), 'else');
    const { act, transport } = await actor();
    expect(await act('list', { path: '/tmp' })).not.toContain(directory.split('/').at(-1));
    expect(await act('write', { path: '/tmp/signalbox-own' })).toBe('done');
    expect(readdirSync('/tmp')).not.toContain('signalbox-own');
    await transport.close();
    const shared = await actor({ tmp: 'shared' });
    expect(await shared.act('read', { path: join(directory, 'of-somebody') })).toBe('else');
    expect(await shared.act('write', { path: '/tmp/signalbox-own' })).toEqual({ code: 'EROFS' });
    await shared.transport.close();
  });

  it('in the home folder are hidden, shown one by one, or there to be read', async () => {
    const home = folder('home');
    mkdirSync(join(home, '.ssh'));
    mkdirSync(join(home, 'tools'));
    writeFileSync(join(home, '.ssh', 'id'), 'secret');
    writeFileSync(join(home, 'tools', 'tool'), 'sharp');
    const env = { HOME: home };
    const hidden = await actor({}, { env });
    expect(await hidden.act('list', { path: home })).toEqual([]);
    expect(await hidden.act('write', { path: join(home, 'cache') })).toBe('done');
    await hidden.transport.close();
    const partly = await actor({ readable: [join(home, 'tools')] }, { env });
    expect(await partly.act('read', { path: join(home, 'tools', 'tool') })).toBe('sharp');
    expect(await partly.act('read', { path: join(home, '.ssh', 'id') })).toEqual({ code: 'ENOENT' });
    await partly.transport.close();
    const shown = await actor({ home: 'read-only', tmp: 'shared' }, { env });
    expect(await shown.act('read', { path: join(home, '.ssh', 'id') })).toBe('secret');
    expect(await shown.act('write', { path: join(home, 'cache') })).toEqual({ code: 'EROFS' });
    await shown.transport.close();
    expect(readdirSync(home)).toEqual(['.ssh', 'tools']);
  });

  it('the home folder of the user is hidden, whatever HOME says', async () => {
    const { act, transport } = await actor({}, { env: { HOME: '/' } });
    const inside = (await act('list', { path: homedir() })) as string[];
    const outside = readdirSync(homedir());
    expect(inside.filter((name) => name.startsWith('.') && outside.includes(name))).toEqual([]);
    await transport.close();
  });

  it('sockets of services are not among them', async () => {
    const { act, transport } = await actor({ network: true });
    const known = ['systemd', 'resolvconf', 'NetworkManager', 'current-system', 'wrappers'];
    expect(
      ((await act('list', { path: '/run' })) as string[]).filter((name) => !known.includes(name)),
    ).toEqual([]);
    await transport.close();
  });
});

describe.skipIf(NO_BWRAP !== undefined)(unlessSkipped('what a server in a sandbox reaches'), () => {
  it('no network without leave, not even this machine; with leave, both', async () => {
    const listener = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as { port: number };
    const without = await actor();
    expect(await without.act('connect', { host: '127.0.0.1', port })).toEqual({ code: 'ECONNREFUSED' });
    expect(await without.act('connect', { host: '192.0.2.1', port: 9 })).toEqual({ code: 'ENETUNREACH' });
    await without.transport.close();
    const granted = await actor({ network: true });
    expect(await granted.act('connect', { host: '127.0.0.1', port })).toBe('connected');
    await granted.transport.close();
    await new Promise((resolve) => void listener.close(resolve));
  });

  it('no process but its own', async () => {
    const { act, transport } = await actor();
    const pids = ((await act('list', { path: '/proc' })) as string[]).filter((name) => /^\d+$/u.test(name));
    expect(pids.length).toBeLessThan(5);
    expect(await act('signal', { pid: process.pid, name: 0 })).toEqual({ code: 'ESRCH' });
    await transport.close();
  });

  it('arguments and environment as they are, no descriptor and no privilege', async () => {
    const hostile = ['; touch pwned', '$(touch pwned)', '--bind', '/', '--', '', 'a\nb'];
    const { act, transport } = await actor({}, { args: [ACTOR, ...hostile], env: { A: '1 2', HOME: '/' } });
    const { argv, env } = (await act('where')) as { argv: string[]; env: Record<string, string> };
    expect(argv).toEqual(hostile);
    expect(env).toMatchObject({ A: '1 2', HOME: '/', PATH: process.env['PATH'] });
    const status = (await act('read', { path: '/proc/self/status' })) as string;
    expect(/^CapEff:\t(\d+)$/mu.exec(status)?.[1]).toMatch(/^0+$/u);
    expect(/^NoNewPrivs:\t(\d)$/mu.exec(status)?.[1]).toBe('1');
    await transport.close();
  });
});

describe.skipIf(NO_BWRAP !== undefined)(unlessSkipped('the limits of a sandbox'), () => {
  it('memory', async () => {
    const { act, transport } = await actor({ limits: { memoryBytes: 1024 * MIB } });
    expect(await act('allocate', { bytes: 64 * MIB })).toBe(64 * MIB);
    expect(await act('allocate', { bytes: 2048 * MIB })).toEqual({ code: 'Array buffer allocation failed' });
    await transport.close();
  });

  it('open files', async () => {
    const { act, transport } = await actor({ limits: { openFiles: 64 } });
    expect(await act('open', { count: 10 })).toBe('done');
    expect(await act('open', { count: 64 })).toEqual({ code: 'EMFILE' });
    await transport.close();
  });

  it('size of a file', async () => {
    const path = folder('large');
    const { act, transport } = await actor({ limits: { fileBytes: MIB }, writable: [path] });
    expect(await act('write', { path: join(path, 'small'), bytes: MIB })).toBe('done');
    expect(await act('write', { path: join(path, 'large'), bytes: MIB + 1 })).toEqual({ code: 'EFBIG' });
    await transport.close();
    expect(readFileSync(join(path, 'large')).length).toBe(MIB);
  });

  it('processor time: killed, as the exit code tells', async () => {
    const { transport } = await actor({ limits: { cpuSeconds: 1 } });
    transport.send(request(1, 'burn'));
    expect(await transport.closed).toMatchObject({ kind: 'exit', exitCode: 128 + 9, signal: null });
  });

  it.skipIf(process.getuid?.() !== 0)(
    'number of processes: refused for root, whom it would not hold',
    async () => {
      const { transport, receiver } = makeStdio({ sandbox: sandbox({ limits: { processes: 10 } }) });
      const error: unknown = await transport.open(receiver, NEVER).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'SPAWN_FAILED', retryable: false });
      expect((error as Error).message).toContain('root');
    },
  );
});
