import { isRecord } from '../checks/value-checks.ts';
import { syntaxOf } from './documents/parse-source.ts';
import type { SourceDocument } from './documents/source-document.ts';

/** Ends of paths that belong to one host, wherever they stand. */
const PATHS: readonly (readonly [RegExp, string])[] = [
  [/claude_desktop_config\.json$/u, 'claude-desktop'],
  [/\.claude\.json$|\.mcp\.json$/u, 'claude-code'],
  [/\.cursor\/mcp\.json$/u, 'cursor'],
  [/\.vscode\/mcp\.json$|\/Code\/User\/(?:mcp|settings)\.json$/u, 'vscode'],
  [/windsurf\/mcp_config\.json$/u, 'windsurf'],
  [/cline_mcp_settings\.json$/u, 'cline'],
  [/\.roo\/mcp\.json$|roo-cline\/settings\/mcp_settings\.json$/u, 'roo'],
  [/\.gemini\/settings\.json$/u, 'gemini'],
  [/\/opencode\.jsonc?$/u, 'opencode'],
  [/(?:\.zed|\/[zZ]ed)\/settings\.json$/u, 'zed'],
  [/\.continue\/.*\.ya?ml$/u, 'continue'],
  [/goose\/(?:config\/)?config\.ya?ml$/u, 'goose'],
  [/\.junie\/mcp\/mcp\.json$/u, 'junie'],
  [/mcporter\.jsonc?$/u, 'mcporter'],
];

/** Keys of entries that only one host has. */
const KEYS: readonly (readonly [string, string])[] = [
  ['httpUrl', 'gemini'],
  ['baseUrl', 'mcporter'],
  ['bearerTokenEnv', 'mcporter'],
  ['lifecycle', 'mcporter'],
  ['serverUrl', 'windsurf'],
  ['protocolEra', 'inspector'],
  ['connectionTimeout', 'inspector'],
  ['requestTimeout', 'inspector'],
  ['restart', 'langchain'],
  ['reconnect', 'langchain'],
  ['automaticSSEFallback', 'langchain'],
  ['sse_read_timeout', 'fastmcp'],
  ['keep_alive', 'fastmcp'],
  ['include_tags', 'fastmcp'],
  ['watchPaths', 'roo'],
  ['autoApprove', 'cline'],
  ['trust', 'gemini'],
  ['includeTools', 'gemini'],
  ['transport', 'fastmcp'],
];

/** Which host a file belongs to: by its path, else by what stands in it. Undefined: nothing tells. */
export function detectHost(document: SourceDocument): string | undefined {
  const path = document.file.replaceAll('\\', '/');
  const byPath = PATHS.find(([pattern]) => pattern.test(path))?.[1];
  return byPath ?? byShape(document);
}

function byShape(document: SourceDocument): string | undefined {
  const root = document.value;
  if (!isRecord(root)) return undefined;
  const has = (key: string): boolean => typeof root[key] === 'object' && root[key] !== null;
  if (has('mcp_servers')) return 'codex';
  if (has('extensions')) return 'goose';
  if (has('context_servers')) return 'zed';
  if (Array.isArray(root['mcpServers'])) return 'continue';
  if (has('servers')) return 'vscode';
  if (has('remotes') || has('packages')) return 'server-json';
  if (isRecord(root['mcpServers'])) {
    return has('mcp')
      ? 'gemini'
      : (byKeys(root['mcpServers']) ?? byPlaceholders(root['mcpServers']) ?? 'claude-code');
  }
  if (isRecord(root['mcp'])) return Array.isArray(root['mcp']['inputs']) ? 'vscode' : 'opencode';
  const values = Object.values(root);
  const isMap =
    values.length > 0 && values.every((one) => isRecord(one) && ('command' in one || 'url' in one));
  return isMap && syntaxOf(document.file) === 'json' ? 'langchain' : undefined;
}

/** Placeholders of editors, of which Cursor is the one without other marks. */
function byPlaceholders(servers: Readonly<Record<string, unknown>>): string | undefined {
  return /\$\{(?:env:|workspaceFolderBasename\}|pathSeparator\})/u.test(JSON.stringify(servers))
    ? 'cursor'
    : undefined;
}

function byKeys(servers: Readonly<Record<string, unknown>>): string | undefined {
  const entries = Object.values(servers).filter(isRecord);
  if (entries.some(({ type }) => type === 'streamableHttp')) return 'cline';
  if (entries.some(({ transport }) => transport === 'streamable_http')) return 'langchain';
  if (entries.some(({ auth }) => isRecord(auth))) return 'cursor';
  return KEYS.find(([key]) => entries.some((entry) => entry[key] !== undefined))?.[1];
}
