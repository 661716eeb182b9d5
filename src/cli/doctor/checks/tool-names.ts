import type { Tool } from '../../../protocol/mcp-types.ts';
import { exposedName } from '../../../registry/catalog/exposed-names.ts';
import type { Finding } from '../finding.ts';
import { named } from '../named.ts';

/** What the interfaces of the large models take as the name of a function. */
const TAKEN = /^[a-zA-Z0-9_-]+$/u;
const MAX_LENGTH = 64;

/** Names of tools that hosts refuse, as they are offered behind the gateway, and names that stand twice. */
export function checkToolNames(server: string, tools: readonly Tool[]): Finding[] {
  const findings: Finding[] = [];
  const add = (what: string, cure: string): void =>
    void findings.push({ check: 'tools', level: 'warning', what, cure });
  const names = tools.map(({ name }) => name);
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  if (twice.length > 0) {
    add(
      `${named(twice)} stand${twice.length === 1 ? 's' : ''} in its list more than once`,
      'only one of each can be called; the author of the server should rename them',
    );
  }
  const odd = names.filter((name) => !TAKEN.test(name));
  if (odd.length > 0) {
    add(
      `hosts refuse characters in ${named(odd)}`,
      'letters, digits, _ and - are safe; behind the gateway others become _',
    );
  }
  const long = names.filter((name) => exposedName(server, name).length > MAX_LENGTH);
  if (long.length > 0) {
    add(
      `with the name of the server, ${named(long)} ${long.length === 1 ? 'is' : 'are'} longer than the ${MAX_LENGTH} characters that many hosts take`,
      'give the server a shorter name',
    );
  }
  return findings;
}
