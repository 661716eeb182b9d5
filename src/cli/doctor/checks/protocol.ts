import { LEGACY_VERSIONS, MODERN_VERSIONS } from '../../../protocol/versions.ts';
import type { Finding } from '../finding.ts';
import type { ConnectedSubject } from '../subject.ts';

/** Capabilities of servers that a revision knows. */
const KNOWN: ReadonlySet<string> = new Set([
  'tools',
  'resources',
  'prompts',
  'completions',
  'logging',
  'tasks',
  'experimental',
  'extensions',
]);

/** Era, revision and transport of a connection, and what its server says of itself. */
export function checkProtocol({ instance }: ConnectedSubject): Finding[] {
  const { client } = instance;
  const { era = '?', protocolVersion = '?', transportKind = '?', capabilities = {}, serverInfo } = client;
  const dialect = transportKind === 'sse' ? client.settings.dialect?.type : undefined;
  const way = dialect === undefined ? transportKind : `${transportKind} (${dialect})`;
  const findings: Finding[] = [
    {
      check: 'protocol',
      level: 'ok',
      what: `${era} era, revision ${protocolVersion}, over ${way}`,
    },
  ];
  const add = (level: 'note' | 'warning', what: string, cure: string): void =>
    void findings.push({ check: 'protocol', level, what, cure });
  if (era === 'legacy' && protocolVersion !== LEGACY_VERSIONS[0]) {
    add(
      'note',
      `its revision ${protocolVersion} is an old one; ${MODERN_VERSIONS[0]} is the newest`,
      'update the server',
    );
  }
  if (dialect !== undefined) {
    const cure = 'nothing needs to be done; hosts other than Signalbox need a Streamable HTTP endpoint';
    add('note', `its way of speaking, ${dialect}, is none of the protocol's own`, cure);
  } else if (transportKind === 'sse') {
    add(
      'warning',
      'its transport HTTP+SSE has been deprecated since 2025-03-26',
      'ask for a Streamable HTTP endpoint',
    );
  }
  const unknown = Object.keys(capabilities).filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) {
    add(
      'note',
      `it declares capabilities that no revision knows: ${unknown.slice(0, 8).join(', ')}`,
      'they are ignored; nothing needs to be done',
    );
  }
  if ((serverInfo?.name ?? '') === '') {
    add('note', 'it does not say what it is called', 'the author of the server should set serverInfo.name');
  }
  return findings;
}
