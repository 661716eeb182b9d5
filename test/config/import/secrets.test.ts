import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hideSecrets } from '../../../src/config/import/secrets/hide-secrets.ts';
import { VariableNames } from '../../../src/config/import/secrets/variable-names.ts';

const hide = (entry: Record<string, unknown>, name = 'api'): ReturnType<typeof hideSecrets> =>
  hideSecrets(name, entry, new VariableNames({}));

/** What an entry becomes, and the secrets that were taken out of it. */
function hidden(
  entry: Record<string, unknown>,
  name?: string,
): { entry: unknown; secrets: Record<string, string> } {
  const result = hide(entry, name);
  return {
    entry: JSON.parse(JSON.stringify(result.entry)),
    secrets: Object.fromEntries(result.secrets.map((one) => [one.name, one.value])),
  };
}

describe('secrets of imported entries become variables', () => {
  it.each([
    [
      'by the name of a variable',
      { env: { API_TOKEN: 'abc' } },
      { env: { API_TOKEN: '${API_TOKEN}' } },
      { API_TOKEN: 'abc' },
    ],
    [
      'by its ending',
      { env: { OPENAI_KEY: 'x y' } },
      { env: { OPENAI_KEY: '${OPENAI_KEY}' } },
      { OPENAI_KEY: 'x y' },
    ],
    [
      'by their form, whatever they are called',
      { env: { THING: 'ghp_0123456789abcdefABCDEF01' } },
      { env: { THING: '${THING}' } },
      { THING: 'ghp_0123456789abcdefABCDEF01' },
    ],
    [
      'behind the scheme of a header',
      { headers: { Authorization: 'Bearer abc.def' } },
      { headers: { Authorization: 'Bearer ${API_TOKEN}' } },
      { API_TOKEN: 'abc.def' },
    ],
    [
      'in a header of any name',
      { headers: { 'x-api-key': 'k', 'X-Region': 'eu' } },
      { headers: { 'x-api-key': '${API_KEY}', 'X-Region': 'eu' } },
      { API_KEY: 'k' },
    ],
    [
      'in arguments: --flag=value, --flag value, NAME=value, a header',
      { args: ['--token=t1', '--api-key', 't2', '-e', 'DB_PASS=t3', '--header', 'Authorization: Bearer t4'] },
      {
        args: [
          '--token=${API_TOKEN}',
          '--api-key',
          '${API_KEY}',
          '-e',
          'DB_PASS=${DB_PASS}',
          '--header',
          'Authorization: Bearer ${API_TOKEN_2}',
        ],
      },
      { API_TOKEN: 't1', API_KEY: 't2', DB_PASS: 't3', API_TOKEN_2: 't4' },
    ],
    [
      'in addresses: password, query, path',
      {
        args: ['postgres://me:hunter2@db/x'],
        url: 'https://h/s/NjM0MTE5YWJjZGVmZ2hpamts/mcp?key=q1&mode=fast',
      },
      {
        args: ['postgres://me:${API_PASSWORD}@db/x'],
        url: 'https://h/s/${API_SECRET}/mcp?key=${API_KEY}&mode=fast',
      },
      { API_PASSWORD: 'hunter2', API_SECRET: 'NjM0MTE5YWJjZGVmZ2hpamts', API_KEY: 'q1' },
    ],
    [
      'in oauth and x-signalbox.auth',
      {
        oauth: { clientId: 'me', clientSecret: 's' },
        'x-signalbox': { auth: { type: 'bearer', token: 't' } },
      },
      {
        oauth: { clientId: 'me', clientSecret: '${API_CLIENT_SECRET}' },
        'x-signalbox': { auth: { type: 'bearer', token: '${API_TOKEN}' } },
      },
      { API_CLIENT_SECRET: 's', API_TOKEN: 't' },
    ],
    [
      'as the default of a placeholder',
      { env: { TOKEN: '${MY_TOKEN:-s3cret}', MODE: '${MODE:-fast}' } },
      { env: { TOKEN: '${MY_TOKEN}', MODE: '${MODE:-fast}' } },
      { MY_TOKEN: 's3cret' },
    ],
    [
      'beside a placeholder',
      { headers: { Authorization: 'Basic ${USER}:0123456789' } },
      { headers: { Authorization: 'Basic ${USER}:${API_TOKEN}' } },
      { API_TOKEN: '0123456789' },
    ],
    [
      'with what looks like a placeholder in them',
      { env: { PASSWORD: 'pa$${ss}' } },
      { env: { PASSWORD: '${PASSWORD}' } },
      { PASSWORD: 'pa${ss}' },
    ],
  ])('%s', (_, entry, expected, secrets) => {
    expect(hidden(entry)).toEqual({ entry: expected, secrets });
  });

  it.each([
    [{ env: { TOKEN: '${TOKEN}', DEBUG: 'true', AUTH: 'none', MAX_TOKENS: '4096', LANG: 'de_DE.UTF-8' } }],
    [
      {
        env: {
          TOKEN_FILE: '/run/secrets/token',
          API_KEY_URL: 'https://keys.example.com/x',
          SSL_KEY_FILE: 'C:\\key.pem',
        },
      },
    ],
    [
      {
        command: 'npx',
        args: [
          '-y',
          '@modelcontextprotocol/server-filesystem@2026.8.31',
          '--port',
          '8080',
          '--key',
          '--verbose',
        ],
      },
    ],
    [{ args: ['--dir', '/Users/me/Documents/2024-reports', 'com.example.MyApplication'] }],
    [
      {
        url: 'https://mcp.example.com/v1/mcp?region=eu-west-1',
        type: 'http',
        disabledTools: ['get_api_key'],
      },
    ],
    [{ headers: { 'X-Trace': '550e8400-e29b-41d4-a716-446655440000', Accept: 'x' } }],
  ])('what is none stays: %j', (entry) => {
    expect(hidden(entry)).toEqual({ entry, secrets: {} });
  });

  it('one secret has one name, and no name stands for two', () => {
    const names = new VariableNames({ KNOWN: 'k1', OTHER: 'o1' });
    for (const name of ['KNOWN', 'OTHER', 'UNKNOWN', 'MINE']) names.reserve(name);
    expect(names.nameFor('k1', ['KNOWN'])).toBe('KNOWN');
    expect(names.nameFor('k2', ['OTHER', 'api_OTHER'])).toBe('API_OTHER');
    expect(names.nameFor('k3', ['UNKNOWN', 'api_UNKNOWN'])).toBe('API_UNKNOWN');
    expect(names.nameFor('k3', ['SOMETHING'])).toBe('API_UNKNOWN');
    expect(names.nameFor('k4', ['KNOWN'])).toBe('KNOWN_2');
    expect(names.nameFor('k5', ['MINE'], new Set(['MINE']))).toBe('MINE');
    expect(names.nameFor('k6', ['MINE'], new Set(['MINE']))).toBe('MINE_2');
  });

  it('whatever stands under the name of a secret, nothing of it is left', () => {
    const value = fc
      .string({ minLength: 4, maxLength: 40, unit: 'grapheme-ascii' })
      .filter((text) => !/[${}\s]|^-|:\/\//u.test(text));
    fc.assert(
      fc.property(value, (text) => {
        const secret = `Zq${text}9`;
        const { entry } = hide({
          env: { API_TOKEN: secret },
          headers: { Authorization: `Bearer ${secret}` },
          args: [`--password=${secret}`, '--api-key', secret],
          oauth: { clientSecret: secret },
        });
        expect(JSON.stringify(entry)).not.toContain(JSON.stringify(secret).slice(1, -1));
      }),
    );
  });
});
