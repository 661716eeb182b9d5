import { describe, expect, it } from 'vitest';
import { lintLaunch } from './lint-launch.ts';

const lint = (line: string): readonly string[] => {
  const [command = '', ...args] = line.split(' ');
  return lintLaunch({ command, args });
};

describe('lintLaunch', () => {
  it.each([
    ['npx -y some-server', 'some-server', 'some-server@1.2.3'],
    ['npx @scope/some-server', '@scope/some-server', '@scope/some-server@1.2.3'],
    ['npx -y @scope/some-server@latest', '@scope/some-server@latest', '@scope/some-server@1.2.3'],
    ['npx some-server@^1.2.0', 'some-server@^1.2.0', 'some-server@1.2.3'],
    ['npx --package=some-server bin', 'some-server', 'some-server@1.2.3'],
    ['npx -p some-server -c bin', 'some-server', 'some-server@1.2.3'],
    ['C:\\nodejs\\npx.cmd some-server', 'some-server', 'some-server@1.2.3'],
    ['cmd /c npx -y some-server', 'some-server', 'some-server@1.2.3'],
    ['npm exec -y some-server', 'some-server', 'some-server@1.2.3'],
    ['pnpm dlx some-server', 'some-server', 'some-server@1.2.3'],
    ['npx github:user/repo', 'github:user/repo', 'github:user/repo#<commit>'],
    ['/usr/bin/uvx some-server --port 5', 'some-server', 'some-server==1.2.3'],
    ['uvx --from git+https://h/r some-server', 'git+https://h/r', 'git+https://h/r@<commit>'],
    ['uvx --with extra some-server@latest', 'some-server@latest', 'some-server==1.2.3'],
    ['uv tool run some-server', 'some-server', 'some-server==1.2.3'],
    ['pipx run some-server', 'some-server', 'some-server==1.2.3'],
    ['docker run -i --rm -e TOKEN mcp/server', 'mcp/server', 'mcp/server:1.2.3'],
    ['docker run -it -eTOKEN=1 --env A=b mcp/server:latest stdio', 'mcp/server:latest', 'mcp/server:1.2.3'],
    ['docker --context x run -ie TOKEN h:5000/mcp', 'h:5000/mcp', 'h:5000/mcp:1.2.3'],
    ['podman run --volume=/a:/b mcp', 'mcp', 'mcp:1.2.3'],
  ])('S26 %s', (line, spec, pinned) => {
    const [warning, ...more] = lint(line);
    expect(warning).toContain(`"${spec}"`);
    expect(warning).toContain(`"${pinned}"`);
    expect(more).toEqual([]);
  });

  it.each([
    'node server.js',
    'npx some-server@1.2.3',
    'npx -y @scope/some-server@2026.8.31-beta.1',
    'npx ./local',
    'npx /opt/local',
    `npx github:user/repo#${'a'.repeat(40)}`,
    'npx',
    'npm start',
    'yarn run server',
    'uvx some-server==1.0',
    'uvx some-server@1.0.3',
    `uvx --from git+https://h/r@${'0'.repeat(40)} some-server`,
    'uv run server.py',
    'docker run -i --rm mcp/server:1.4',
    `docker run mcp/server@sha256:${'0'.repeat(64)}`,
    'docker compose up',
    'sh server.sh',
  ])('is content with %s', (line) => {
    expect(lint(line)).toEqual([]);
  });

  it('S01 warns of a shell', () => {
    expect(lint('bash -lc server')).toEqual([expect.stringContaining('bash reads its argument as a script')]);
  });

  it('S02 warns of variables that load code, without their values', () => {
    const env = { NODE_OPTIONS: '--require /tmp/x.js', TOKEN: 'a' };
    expect(lintLaunch({ command: 'node', env })).toEqual([
      'the variable NODE_OPTIONS makes the program load foreign code',
    ]);
  });

  it('looks at what is launched behind a url, and at nothing where nothing is started', () => {
    const url = 'http://127.0.0.1:8080/mcp';
    const launch = { command: 'npx', args: ['some-server'], env: { LD_PRELOAD: 'x' } };
    expect(lintLaunch({ url, 'x-signalbox': { launch } })).toHaveLength(2);
    expect(lintLaunch({ url })).toEqual([]);
  });

  it('makes what it quotes safe to print', () => {
    const [warning = ''] = lintLaunch({ command: 'npx', args: [`a\u001b[2J${'b'.repeat(500)}`] });
    // oxlint-disable-next-line no-control-regex -- control characters must be absent
    expect(warning).not.toMatch(/[\u0000-\u001f]/u);
    expect(warning.length).toBeLessThan(400);
  });
});
