import type { Tool } from '../../../protocol/mcp-types.ts';
import type { Finding } from '../finding.ts';
import { named } from '../named.ts';

/** Hosts cut or refuse longer ones, in characters. */
const MAX_DESCRIPTION = 1024;

/** What hides text from people and shows it to models: control characters, reordering, zero width, tags (S16). */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u200B-\u200F\u202A-\u202E\u2060-\u2069\u{E0000}-\u{E007F}]/u;

/** Descriptions that are missing, too long for hosts, or hold what nobody sees. */
export function checkToolDescriptions(tools: readonly Tool[]): Finding[] {
  const findings: Finding[] = [];
  const names = (wanted: (description: string) => boolean): string[] =>
    tools.filter(({ description = '' }) => wanted(description)).map(({ name }) => name);
  const missing = names((description) => description.trim() === '');
  if (missing.length > 0) {
    const what = `${named(missing)} ${missing.length === 1 ? 'has' : 'have'} no description`;
    findings.push({
      check: 'tools',
      level: 'note',
      what,
      cure: 'a model cannot know when to call them; the author of the server can add it',
    });
  }
  const long = names((description) => description.length > MAX_DESCRIPTION);
  if (long.length > 0) {
    const what = `the description of ${named(long)} is longer than ${MAX_DESCRIPTION} characters`;
    findings.push({
      check: 'tools',
      level: 'note',
      what,
      cure: 'some hosts cut it; it costs tokens in every conversation',
    });
  }
  const hidden = names((description) => HIDDEN.test(description));
  if (hidden.length > 0) {
    const what = `the description of ${named(hidden)} holds characters that people do not see and models read`;
    findings.push({
      check: 'tools',
      level: 'warning',
      what,
      cure: 'read it with `signalbox list --json` before you trust this server',
    });
  }
  return findings;
}
