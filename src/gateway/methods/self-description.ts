import { sanitizePeerText } from '../../core/peer-text.ts';
import { VERSION } from '../../core/version.ts';
import type { Implementation, ServerCapabilities } from '../../protocol/mcp-types.ts';
import type { ServerRegistry } from '../../registry/server-registry.ts';

/** Who the gateway says it is. */
export const SERVER_INFO: Implementation = Object.freeze({
  name: 'signalbox',
  title: 'Signalbox',
  version: VERSION,
});

/** What the gateway can do, whichever servers stand behind it: they come and go. */
export const CAPABILITIES: ServerCapabilities = Object.freeze({
  tools: { listChanged: true },
  resources: { listChanged: true },
  prompts: { listChanged: true },
  completions: {},
});

/** Models read instructions with every conversation: they stay short. */
const MAX_INSTRUCTIONS = 4000;
const MAX_PER_SERVER = 240;

/** Which servers stand behind the gateway, and what each says of itself, within 4 000 characters. */
export function instructionsFor(registry: ServerRegistry): string {
  const servers = registry.getAllServers().filter(({ isAvailable }) => isAvailable);
  if (servers.length === 0) return 'No server is connected at the moment. Tools appear when one is.';
  let text = 'Tools and prompts are named server__name after the server that offers them. Servers:';
  for (const [index, { name, client }] of servers.entries()) {
    const about = client.instructions ?? client.serverInfo?.title ?? '';
    const line = about === '' ? `\n- ${name}` : `\n- ${name}: ${sanitizePeerText(about, MAX_PER_SERVER)}`;
    if (text.length + line.length > MAX_INSTRUCTIONS) return `${text}\n- and ${servers.length - index} more`;
    text += line;
  }
  return text;
}
