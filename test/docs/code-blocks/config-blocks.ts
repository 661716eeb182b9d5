import { type ParseError, parse } from 'jsonc-parser';
import { parseConfig } from '../../../src/config/parse-config.ts';
import type { MarkdownBlock } from './markdown-blocks.ts';

const PLACE = { file: '/project/.mcp.json' };

/** What is wrong with a block of JSON: a configuration has to load without a warning, all else to be JSON. */
export function configProblems({ code, language, directive }: MarkdownBlock): string[] {
  const errors: ParseError[] = [];
  const value: unknown = parse(code, errors, { allowTrailingComma: language === 'jsonc' });
  if (errors.length > 0 || (language === 'json' && !isPlainJson(code))) return ['is not valid JSON'];
  if (directive.part === 'data') return [];
  const text =
    directive.part === undefined
      ? code
      : JSON.stringify({ mcpServers: { example: whole(value, directive.part) } });
  try {
    const { servers, failed, warnings } = parseConfig(text, { ...PLACE, env: {}, lenient: true });
    const unset = /is not set/u;
    return [
      ...[...failed.values()].map(({ message }) => message),
      ...warnings.filter((warning) => !unset.test(warning)),
      ...(servers.size === 0 ? ['holds no server'] : []),
    ];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function isPlainJson(code: string): boolean {
  try {
    JSON.parse(code);
    return true;
  } catch {
    return false;
  }
}

/** A setting alone is one of a server behind a URL. */
function whole(value: unknown, part: 'entry' | 'settings'): unknown {
  return part === 'entry' ? value : { url: 'https://example.com/mcp', 'x-signalbox': value };
}
