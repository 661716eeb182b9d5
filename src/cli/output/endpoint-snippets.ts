import type { Colors } from './terminal.ts';

/** How common hosts are told of an endpoint, ready to be copied. */
export function endpointSnippets(url: string, configFile: string, colors: Colors): string {
  const http = { mcpServers: { signalbox: { type: 'http', url } } };
  const stdio = {
    mcpServers: { signalbox: { command: 'signalbox', args: ['up', '--stdio', '--config', configFile] } },
  };
  return [
    `${colors.bold('Endpoint')}  ${colors.cyan(url)}`,
    '',
    colors.dim('Any host with an .mcp.json (Claude Code, Cursor, VS Code, …):'),
    `  ${JSON.stringify(http)}`,
    colors.dim('Claude Code, on the command line:'),
    `  claude mcp add --transport http signalbox ${url}`,
    colors.dim('Hosts that only start programs:'),
    `  ${JSON.stringify(stdio)}`,
  ].join('\n');
}
