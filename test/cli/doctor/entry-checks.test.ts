import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkBrokenEntry } from '../../../src/cli/doctor/checks/broken-entry.ts';
import { checkCodeLoading } from '../../../src/cli/doctor/checks/code-loading.ts';
import { checkCommand } from '../../../src/cli/doctor/checks/command-found.ts';
import { configWarnings } from '../../../src/cli/doctor/checks/config-warnings.ts';
import { checkUnreachable } from '../../../src/cli/doctor/checks/reachable.ts';
import { checkVariables } from '../../../src/cli/doctor/checks/variables-set.ts';
import { checkVersion } from '../../../src/cli/doctor/checks/version-pinned.ts';
import { worstOf } from '../../../src/cli/doctor/finding.ts';
import type { EntrySubject } from '../../../src/cli/doctor/subject.ts';
import type { ServerEntry } from '../../../src/config/entry.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { SignalboxError } from '../../../src/core/errors.ts';
import { temporaryDirectory } from '../../helpers/processes.ts';

const directory = temporaryDirectory();

const subject = (entry: ServerEntry, path: string = process.env['PATH'] ?? ''): EntrySubject => ({
  name: 'one',
  entry,
  env: { PATH: path },
  place: (...key) => `file:${key.join('.')}`,
});

describe('checks of an entry', () => {
  it('command: found with its path, not found, not executable, without its folder', () => {
    expect(checkCommand(subject({ command: process.execPath }))).toMatchObject([{ level: 'ok' }]);
    expect(checkCommand(subject({ command: 'node' }))[0]?.what).toMatch(/^node is \/.*\/node$/u);
    expect(checkCommand(subject({ command: 'node' }, '/no/such/folder'))).toMatchObject([
      {
        level: 'error',
        what: 'the program "node" was not found',
        cure: expect.stringContaining('PATH'),
        place: 'file:command',
      },
    ]);
    const plain = join(directory, 'plain');
    writeFileSync(plain, '#!/bin/sh\n');
    chmodSync(plain, 0o600);
    // Nobody may execute it, not even root.
    expect(checkCommand(subject({ command: plain }))).toMatchObject([
      { level: 'error', what: expect.stringContaining('cannot be executed') },
    ]);
    expect(checkCommand(subject({ command: 'node', cwd: '/no/such/folder' }))[0]).toMatchObject({
      level: 'error',
      place: 'file:cwd',
    });
    expect(checkCommand(subject({ url: 'http://x' }))).toEqual([]);
    const launch = { command: 'no-such-program' };
    expect(checkCommand(subject({ url: 'http://x', 'x-signalbox': { launch } }))).toMatchObject([
      { place: 'file:x-signalbox.launch.command' },
    ]);
  });

  it.each([
    [{ command: 'npx', args: ['-y', 'some-server'] }, 'warning', 'name a version, like "some-server@1.2.3"'],
    [{ command: 'uvx', args: ['some-server'] }, 'warning', 'some-server==1.2.3'],
    [{ command: 'docker', args: ['run', '--rm', 'mcp/server:latest'] }, 'warning', 'mcp/server:1.2.3'],
    [{ command: 'bash', args: ['-c', 'server'] }, 'warning', 'start the program itself'],
    [{ command: 'npx', args: ['-y', 'some-server@1.2.3'] }, 'ok', undefined],
  ])('S26 version: %j', (entry, level, cure) => {
    const [finding, ...more] = checkVersion(subject(entry));
    expect(finding?.level).toBe(level);
    if (cure !== undefined) expect(finding?.cure).toContain(cure);
    expect(more).toEqual([]);
  });

  it('version: a program that is simply there needs none', () => {
    expect(checkVersion(subject({ command: 'node', args: ['server.mjs'] }))).toEqual([]);
    expect(checkVersion(subject({ url: 'http://x' }))).toEqual([]);
  });

  it('S18 variables: empty ones and placeholders are named, values never', () => {
    const secret = 'sk-1234567890abcdef';
    const findings = checkVariables(
      subject({
        url: 'http://x',
        headers: { Authorization: 'Bearer ', 'X-Key': '<your-key>', 'X-Good': secret },
        env: { A: '', B: 'changeme', C: 'YOUR_API_KEY', D: 'Bearer xxx', E: secret },
      }),
    );
    expect(findings.map(({ what }) => what)).toEqual([
      'the variable A is empty',
      'the variable B still holds the placeholder of an example',
      'the variable C still holds the placeholder of an example',
      'the variable D still holds the placeholder of an example',
      'the header Authorization is empty',
      'the header X-Key still holds the placeholder of an example',
    ]);
    expect(JSON.stringify(findings)).not.toContain(secret);
    expect(checkVariables(subject({ command: 'node', env: { A: 'x1' } }))).toMatchObject([{ level: 'ok' }]);
    expect(checkVariables(subject({ command: 'node' }))).toEqual([]);
  });

  it('code: variables that load code are named, their values are not', () => {
    const findings = checkCodeLoading(
      subject({ command: 'node', env: { NODE_OPTIONS: '--require /tmp/x', A: 'b' } }),
    );
    expect(findings).toMatchObject([
      { level: 'warning', what: expect.stringContaining('NODE_OPTIONS'), place: 'file:env.NODE_OPTIONS' },
    ]);
    expect(JSON.stringify(findings)).not.toContain('/tmp/x');
  });
});

describe('checks of a config', () => {
  it('every problem has its line, every warning its server', async () => {
    const file = join(directory, 'config.json');
    writeFileSync(
      file,
      '{ "mcpServers": {\n "bad": {\n  "url": "ftp://x",\n  "headers": { "A": "${NO_SUCH_VARIABLE_HERE}" } },\n "odd": { "command": "node",\n  "httpHeaders": {} }\n} }',
    );
    const config = await loadConfig(file, { env: {} });
    const findings = checkBrokenEntry(config.failed.get('bad')!, file);
    expect(findings).toMatchObject([
      {
        check: 'variables',
        level: 'error',
        place: `${file}:4`,
        what: expect.stringContaining('NO_SUCH_VARIABLE_HERE'),
      },
      { check: 'config', level: 'error', place: `${file}:3`, cure: 'write an http or https URL' },
    ]);
    expect(configWarnings(config.warnings, file, ['bad', 'odd'])).toMatchObject([
      { server: 'odd', finding: { level: 'warning', place: `${file}:6`, cure: 'Signalbox reads "headers"' } },
    ]);
    expect(configWarnings(['there are no servers in it'], file, [])).toMatchObject([{ server: undefined }]);
    expect(config.place('odd', ['command'])).toMatchObject({ file, line: 5 });
  });

  it('an error of a connection says what to do, and whether a credential is missing', () => {
    const of = (
      code: 'AUTH_REQUIRED' | 'CONNECT_FAILED' | 'CONNECT_TIMEOUT' | 'SPAWN_FAILED',
      message: string,
    ): unknown => checkUnreachable(new SignalboxError(code, message))[0];
    expect(of('AUTH_REQUIRED', 'the server wants a credential')).toMatchObject({
      check: 'auth',
      level: 'error',
      cure: expect.stringContaining('credential'),
    });
    expect(of('CONNECT_TIMEOUT', 'no connection')).toMatchObject({
      check: 'reachable',
      cure: expect.stringContaining('--timeout'),
    });
    expect(of('SPAWN_FAILED', 'it is not there; install it')).toMatchObject({
      what: 'it is not there (SPAWN_FAILED)',
      cure: 'install it',
    });
    expect(of('CONNECT_FAILED', 'no answer; is the server running?')).toMatchObject({
      what: 'no answer (CONNECT_FAILED)',
      cure: expect.stringMatching(/^start the server/u),
    });
  });

  it('the worst counts', () => {
    expect(worstOf([])).toBe('ok');
    expect(
      worstOf([
        { check: 'wire', level: 'note', what: '' },
        { check: 'wire', level: 'warning', what: '' },
        { check: 'wire', level: 'ok', what: '' },
      ]),
    ).toBe('warning');
  });
});
