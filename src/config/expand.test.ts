import { describe, expect, it } from 'vitest';
import { Findings, findingText } from './checks/findings.ts';
import { type ExpansionScope, expandEntry } from './expand.ts';

const scope: ExpansionScope = {
  env: {
    HOST: 'h.example',
    EMPTY: '',
    A: '${B}',
    B: 'inner',
    SECRET_KEY: 'canary-1',
    'ProgramFiles(x86)': 'C:\\x86',
    DOLLARS: '$& $1 $$',
  },
  workspaceFolder: '/work',
  userHome: '/home/me',
};

function expand(raw: Record<string, unknown>, given: ExpansionScope = scope) {
  const findings = new Findings();
  const { entry, secrets } = expandEntry(raw, given, findings);
  return {
    entry,
    secrets: [...secrets],
    problems: findings.problems.map(findingText),
    warnings: findings.warnings.map(findingText),
  };
}

describe('placeholders', () => {
  it.each([
    ['${HOST}', 'h.example'],
    ['https://${HOST}/mcp', 'https://h.example/mcp'],
    ['${HOST}${B}', 'h.exampleinner'],
    ['${env:HOST}', 'h.example'],
    ['${env:ProgramFiles(x86)}', 'C:\\x86'],
    ['${NONE:-fallback}', 'fallback'],
    ['${env:NONE:-fallback}', 'fallback'],
    ['${NONE:-}', ''],
    ['${NONE:-a:-b}', 'a:-b'],
    ['${HOST:-fallback}', 'h.example'],
    ['${EMPTY:-fallback}', ''],
    ['${workspaceFolder}/x', '/work/x'],
    ['${userHome}/x', '/home/me/x'],
    ['$${HOST}', '${HOST}'],
    ['$$${HOST}', '$${HOST}'],
    ['$${', '${'],
    ['$HOST %HOST% {env:HOST} $', '$HOST %HOST% {env:HOST} $'],
    ['${DOLLARS}', '$& $1 $$'],
    ['{port}', '{port}'],
    ['', ''],
  ])('%s becomes %j', (text, expected) => {
    const { entry, problems } = expand({ command: text });
    expect(problems).toEqual([]);
    expect(entry['command']).toBe(expected);
  });

  it.each([
    ['S03 a value', '${A}', '${B}'],
    ['S03 a value beside a placeholder', '${A} ${B}', '${B} inner'],
    ['S03 a placeholder that two values would form', '${D:-$}{B}', '${B}'],
  ])('%s is not expanded again', (_, text, expected) => {
    expect(expand({ args: [text] }).entry['args']).toEqual([expected]);
  });

  it.each([
    ['${NONE}', 'needs the variable NONE, which is not set; set it, or write a default: ${NONE:-…}'],
    ['${env:NONE}', 'or write a default: ${env:NONE:-…}'],
    ['${constructor}', 'needs the variable constructor'],
    ['${__proto__}', 'needs the variable __proto__'],
    ['${input:token}', 'which asks a person; write a variable instead'],
    ['${file:/etc/passwd}', 'which is no placeholder'],
    ['${}', 'which is no placeholder'],
    ['${A B}', 'which is no placeholder'],
    ['${A:+x}', 'write ${VAR} or ${VAR:-default}, or "$${" for a plain "${"'],
    ['${HOST', 'has a "${" without "}"'],
    ['${NONE:-${HOST}}', 'has a placeholder within the default'],
  ])('refuses %s', (text, message) => {
    expect(expand({ url: text }).problems).toEqual([expect.stringContaining(message)]);
  });

  it('S03 names the variable that is missing, and where, and no value', () => {
    const { problems } = expand({ headers: { Authorization: 'Bearer ${SECRET_KEY} ${NONE}' } });
    expect(problems).toEqual([expect.stringContaining('"headers.Authorization" needs the variable NONE')]);
    expect(problems.join()).not.toContain('canary');
  });

  it('knows a home that nobody told as a variable that is not set', () => {
    const { problems } = expand({ cwd: '${userHome}' }, { ...scope, userHome: undefined });
    expect(problems).toEqual([expect.stringContaining('needs the variable userHome')]);
  });

  it('leaves what is not set as it stands when it may, with a warning', () => {
    const { entry, problems, warnings } = expand({ url: 'https://${NONE}' }, { ...scope, lenient: true });
    expect(entry['url']).toBe('https://${NONE}');
    expect(problems).toEqual([]);
    expect(warnings).toEqual(['"url" needs the variable NONE, which is not set; ${NONE} stays as it is']);
  });
});

describe('the places', () => {
  const text = '${HOST}';

  it.each([
    [{ command: text }],
    [{ args: ['a', text] }],
    [{ env: { A: text } }],
    [{ url: text }],
    [{ headers: { A: text } }],
    [{ cwd: text }],
    [{ envFile: text }],
    [{ oauth: { deep: [{ er: text }] } }],
    [{ 'x-signalbox': { launch: { command: text, args: [text], env: { A: text }, cwd: text } } }],
  ])('%j is expanded', (raw) => {
    const { entry } = expand(raw);
    expect(JSON.stringify(entry)).toBe(JSON.stringify(raw).replaceAll(text, 'h.example'));
  });

  it.each([
    [{ type: text }],
    [{ enabledTools: [text] }],
    [{ env: { [text]: 'a' } }],
    [{ headers: { [text]: 'a' } }],
    [{ strange: text }],
    [{ 'x-signalbox': { protocol: text } }],
    [{ 'x-signalbox': { launch: { ready: { output: text } } } }],
  ])('S03 %j is not', (raw) => {
    expect(expand(raw).entry).toEqual(raw);
  });

  it.each([[{ command: 5 }], [{ args: { a: 1 } }], [{ env: null }], [{ 'x-signalbox': 5 }]])(
    'leaves the wrong type of %j for the check',
    (raw) => {
      expect(expand(raw).entry).toEqual(raw);
    },
  );

  it('does not change what it was given', () => {
    const raw = { command: text, env: { A: text }, 'x-signalbox': { launch: { command: text } } };
    const before = structuredClone(raw);
    expand(raw);
    expect(raw).toEqual(before);
  });

  it('S20 keys like __proto__ change no prototype', () => {
    const raw = JSON.parse('{"env":{"__proto__":"${HOST}"},"oauth":{"__proto__":{"polluted":"${HOST}"}}}');
    const { entry } = expand(raw);
    expect(Object.getPrototypeOf(entry['oauth'])).toBeNull();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('secrets', () => {
  it('are the values of variables, not defaults, folders and plain variables', () => {
    const env = { ...scope.env, HOME: '/home/me', SHORT: 'abc', DB_PASSWORD: 'elephant', MODE: 'production' };
    const args = [
      '${SECRET_KEY}',
      '${NONE:-not-a-secret}',
      '${HOME}',
      '${SHORT}',
      '${DB_PASSWORD}',
      '${MODE}',
      '${userHome}',
    ];
    expect(expand({ args }, { ...scope, env }).secrets).toEqual(['canary-1', 'elephant']);
  });
});
