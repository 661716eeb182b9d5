import { isRecord } from '../../checks/value-checks.ts';
import {
  OAUTH_NAMES,
  takeAddress,
  takeDisabled,
  takeOauth,
  takeProcess,
  takeTools,
  takeType,
} from '../common-keys.ts';
import type { SourceDocument } from '../documents/source-document.ts';
import type { EntryDraft } from '../entry-draft.ts';
import { braces } from '../expansion/styles.ts';
import type { Host, ReadContext } from '../host.ts';
import { inFolder, inHome, isWithin } from '../host-folders.ts';
import type { HostReading } from '../imported-server.ts';
import { readServerMap, type Skipped, together, valueAt } from '../server-map.ts';

const ID = 'claude-code';

/** Claude Code: `.mcp.json` of a project, and the file of the user, which holds servers of projects too. */
export const claudeCode: Host = {
  id: ID,
  title: 'Claude Code',
  files: (places) => [
    { path: inFolder(places, places.cwd, '.mcp.json'), folder: places.cwd },
    { path: inHome(places, '.claude.json') },
  ],
  read(document, context) {
    const all = { host: ID, document, context, expansion: braces };
    return together(
      ...projectsOf(document, context).map((folder) =>
        readServerMap({ ...all, path: ['projects', folder, 'mcpServers'], folder }, readEntry),
      ),
      readServerMap({ ...all, path: ['mcpServers'] }, readEntry),
      otherProjects(document, context),
    );
  },
};

/** One entry as Claude Code, and every file after its model, has it. */
export function readEntry(draft: EntryDraft): Skipped | undefined {
  takeType(draft);
  takeProcess(draft);
  draft.move('envFile');
  takeAddress(draft);
  takeOauth(draft, 'oauth', OAUTH_NAMES);
  draft.move('timeout');
  takeDisabled(draft);
  takeTools(draft, 'alwaysAllow', 'alwaysAllow');
  takeTools(draft, 'enabledTools', 'enabledTools');
  takeTools(draft, 'disabledTools', 'disabledTools');
  takeHeadersHelper(draft);
  draft.move('x-signalbox');
  return undefined;
}

/** A shell runs it there, and none here: only what needs no shell can be taken over. */
function takeHeadersHelper(draft: EntryDraft): void {
  const helper = draft.get('headersHelper');
  if (helper === undefined) return;
  if (typeof helper === 'string' && /^[\w./\\:~-]+$/u.test(helper)) {
    const change = '"headersHelper" → "x-signalbox.auth"';
    draft.set(['x-signalbox', 'auth'], { type: 'command', command: [helper] }, ['headersHelper'], change);
  } else {
    draft.note(
      ['headersHelper'],
      'needs a shell; write "x-signalbox.auth" with program and arguments instead',
    );
  }
}

function projectsOf(document: SourceDocument, { cwd, allProjects, platform }: ReadContext): string[] {
  const folders = document.keys(['projects']);
  return allProjects ? folders : folders.filter((folder) => isWithin(platform, cwd, folder));
}

/** Servers of projects that nobody is in are not read; how many there are is told. */
function otherProjects(document: SourceDocument, context: ReadContext): HostReading {
  const read = new Set(projectsOf(document, context));
  let count = 0;
  for (const folder of document.keys(['projects'])) {
    const servers = valueAt(document, ['projects', folder, 'mcpServers']);
    if (!read.has(folder) && isRecord(servers)) count += Object.keys(servers).length;
  }
  if (count === 0) return { servers: [], notes: [] };
  const message = `${count} server${count === 1 ? '' : 's'} of other projects not read; --all-projects reads them too`;
  return { servers: [], notes: [{ from: ['projects'], line: document.place(['projects']).line, message }] };
}
