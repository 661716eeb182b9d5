import type { Finding } from '../finding.ts';
import type { ConnectedSubject } from '../subject.ts';
import { checkToolDescriptions } from './tool-descriptions.ts';
import { checkToolNames } from './tool-names.ts';
import { checkToolSchemas } from './tool-schemas.ts';

/** More than hosts offer their models well. */
const MANY_TOOLS = 128;

/** What hosts will make of the tools of a server. */
export function checkTools({ instance }: ConnectedSubject): Finding[] {
  const { name, tools } = instance;
  const findings = [
    ...checkToolNames(name, tools),
    ...checkToolSchemas(tools),
    ...checkToolDescriptions(tools),
  ];
  if (tools.length > MANY_TOOLS) {
    const what = `it offers ${tools.length} tools; many hosts take ${MANY_TOOLS} of all servers together`;
    findings.push({
      check: 'tools',
      level: 'note',
      what,
      cure: 'name the ones that are needed in "enabledTools"',
    });
  }
  const unread = instance.missing('tools');
  if (unread !== undefined) {
    const cure = '`signalbox logs` may show why';
    findings.push({ check: 'tools', level: 'error', what: `its tools could not be read: ${unread}`, cure });
  }
  if (findings.length > 0) return findings;
  return [{ check: 'tools', level: 'ok', what: `${tools.length} tools that every host takes` }];
}
