import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../core/errors.ts';
import { parseConfig } from './parse-config.ts';
import { parseEntry } from './parse-entry.ts';
import { resolveSettings } from './settings.ts';

const entry = (openapi: unknown, more: Readonly<Record<string, unknown>> = {}) => ({
  type: 'rest',
  url: 'http://127.0.0.1:3000',
  ...more,
  'x-signalbox': { openapi },
});

function problemsOf(raw: unknown): readonly string[] {
  try {
    parseEntry('a', raw);
    return [];
  } catch (error) {
    if (!SignalboxError.is(error)) throw error;
    return [error.message];
  }
}

describe('openapi of an entry', () => {
  it('is a file or a URL, alone or with what is taken of it', () => {
    for (const openapi of [
      'openapi.yaml',
      'https://docs.example.com/openapi.json',
      './a/b.json',
      '/etc/a.yaml',
    ]) {
      const { entry: parsed } = parseEntry('a', entry(openapi));
      expect(resolveSettings(parsed).openapi).toEqual({
        document: openapi,
        tags: undefined,
        operations: undefined,
        exclude: [],
        server: undefined,
        deprecated: true,
        outputSchemas: false,
        strict: true,
      });
    }
    const whole = {
      document: 'a.json',
      tags: ['pets'],
      operations: ['get*'],
      exclude: ['getSecret'],
      server: '/v2',
      deprecated: false,
      outputSchemas: true,
      strict: false,
    };
    expect(resolveSettings(parseEntry('a', entry(whole)).entry).openapi).toEqual(whole);
  });

  it.each([
    [7, 'is a number'],
    ['', 'is empty'],
    [{ tags: ['x'] }, 'document" is missing'],
    [{ document: 'a', tags: [] }, 'so that there would be no tools'],
    [{ document: 'a', operations: 'x' }, 'write a list'],
    [{ document: 'ftp://h/a' }, 'neither an http or https URL nor the path of a file'],
    [{ document: 'https://user:pass@h/a' }, 'user name or password'],
    [{ document: 'a', server: 'v2' }, 'is not a URL'],
    [{ document: 'a', server: '//evil.test/' }, 'is not a URL'],
    [{ document: 'a', spec: 'x' }, 'write "document"'],
    [{ document: 'a', tag: ['x'] }, 'did you mean "tags"?'],
    ['http://127.0.0.1:{port}/openapi.json', 'only "x-signalbox.launch.port" fills in'],
  ])('%j is refused: it %s', (openapi, message) => {
    expect(problemsOf(entry(openapi)).join()).toContain(message);
  });

  it('belongs to a server of type rest', () => {
    expect(problemsOf(entry('a.json', { type: 'http' })).join()).toContain('needs "type": "rest"');
    const process = { command: 'node', 'x-signalbox': { openapi: 'a.json' } };
    expect(problemsOf(process).join()).toContain('needs "type": "rest"');
  });

  it('starts at the folder of the file, and has placeholders filled in', () => {
    const env = { HOST: 'docs.example.com', DIR: 'specs' };
    const read = (openapi: unknown): unknown => {
      const text = JSON.stringify({ mcpServers: { a: entry(openapi) } });
      return parseConfig(text, { env, cwd: '/base' }).servers.get('a')?.['x-signalbox']?.openapi;
    };
    expect(read('${DIR}/a.yaml')).toBe(resolve('/base/specs/a.yaml'));
    expect(read({ document: '../a.yaml' })).toEqual({ document: resolve('/a.yaml') });
    expect(read('https://${HOST}/a.json')).toBe('https://docs.example.com/a.json');
    expect(read({ document: 'a', server: '/${DIR}' })).toMatchObject({ server: '/specs' });
  });
});
