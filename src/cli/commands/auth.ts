import type { AuthorizationStatus } from '../../auth/authorization-result.ts';
import type { McpClient } from '../../client/mcp-client.ts';
import { SignalboxError } from '../../core/errors.ts';
import { requireServer } from '../choose-servers.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type LoginWay, loginHandler } from '../login/login-handler.ts';
import { closeServers, openServers, readConfig } from '../open-servers.ts';
import { jsonLine } from '../output/json.ts';
import { table } from '../output/table.ts';

export interface AuthLoginOptions {
  readonly print?: boolean | undefined;
  readonly paste?: boolean | undefined;
  /** Log in although there is a token that works. */
  readonly force?: boolean | undefined;
}

/** `signalbox auth login`: gets a token for one server, with the help of the person at the terminal. */
export async function authLogin(
  context: CommandContext,
  server: string,
  options: AuthLoginOptions,
): Promise<ExitCode> {
  const way: LoginWay = options.paste === true ? 'paste' : options.print === true ? 'print' : 'open';
  return await withClient(context, server, async (client) => {
    const { signal } = context.io.interruption;
    // The server says best what it wants; and perhaps it wants nothing.
    const isLetIn = await connects(client, signal);
    const before = client.authorization.isPossible ? await client.authorization.status() : undefined;
    if (isLetIn && (before === undefined || !before.authorized)) {
      report(
        context,
        server,
        before,
        'lets everybody in, or takes the credentials of its entry; there is nothing to log in to',
      );
      return EXIT.ok;
    }
    if (isLetIn && options.force !== true) {
      report(context, server, before, 'is logged in already; --force does it again');
      return EXIT.ok;
    }
    const status = await client.authorization.login({ handler: loginHandler(context, way), signal });
    if (!(await connects(client, signal))) {
      throw new SignalboxError('AUTH_REQUIRED', 'the server refuses the new token', { server });
    }
    report(context, server, status, 'is logged in');
    return EXIT.ok;
  });
}

/** `signalbox auth status`: tells for which servers there is a token. Asks no server. */
export async function authStatus(context: CommandContext, server: string | undefined): Promise<ExitCode> {
  const config = await readConfig(context);
  if (server !== undefined) requireServer(config, server);
  const servers = openServers(context, config, (name) => server === undefined || name === server);
  try {
    const accounts: { server: string; possible: boolean; status: AuthorizationStatus | undefined }[] = [];
    for (const { name, client } of servers.registry.getAllServers()) {
      const possible = client.authorization.isPossible;
      accounts.push({
        server: name,
        possible,
        status: possible ? await client.authorization.status() : undefined,
      });
    }
    if (context.json) {
      const list = accounts.map(({ server: name, possible, status }) => ({
        server: name,
        possible,
        ...factsOf(status),
      }));
      context.terminal.print(jsonLine({ file: servers.file, servers: list }));
      return EXIT.ok;
    }
    const rows = accounts.map(({ server: name, possible, status }) => rowOf(context, name, possible, status));
    const columns = ['SERVER', 'LOGIN', 'UNTIL', 'ISSUER', 'SCOPE'].map((title) => ({ title }));
    const { terminal } = context;
    context.terminal.print(await table(columns, rows, terminal.width, terminal.out.dim));
    return EXIT.ok;
  } finally {
    await closeServers(context, servers.registry, { drainMs: 0 });
  }
}

/** `signalbox auth logout`: takes the tokens of one server back and forgets them. */
export async function authLogout(context: CommandContext, server: string): Promise<ExitCode> {
  return await withClient(context, server, async (client) => {
    await client.authorization.logout();
    report(context, server, await client.authorization.status(), 'is logged out');
    return EXIT.ok;
  });
}

async function withClient(
  context: CommandContext,
  server: string,
  work: (client: McpClient) => Promise<ExitCode>,
): Promise<ExitCode> {
  const config = await readConfig(context);
  requireServer(config, server);
  const servers = openServers(context, config, (name) => name === server);
  try {
    const failure = servers.failed.get(server);
    if (failure !== undefined) throw failure;
    const instance = servers.registry.getServer(server);
    if (instance === undefined)
      throw new SignalboxError('UNKNOWN_SERVER', 'there is no such server', { server });
    return await work(instance.client);
  } finally {
    await closeServers(context, servers.registry, { drainMs: 0 });
  }
}

/** False if the server wants authorization. @throws SignalboxError for every other reason */
async function connects(client: McpClient, signal: AbortSignal): Promise<boolean> {
  try {
    await client.connect({ signal });
    return true;
  } catch (error) {
    if (SignalboxError.is(error) && error.code === 'AUTH_REQUIRED' && client.authorization.isPossible)
      return false;
    throw error;
  }
}

function report(
  context: CommandContext,
  server: string,
  status: AuthorizationStatus | undefined,
  what: string,
): void {
  const { terminal } = context;
  if (context.json) {
    terminal.print(jsonLine({ server, ...factsOf(status) }));
    return;
  }
  const issuer = status?.issuer === undefined ? '' : ` (${terminal.peer(status.issuer, 120)})`;
  terminal.print(
    `${terminal.out.green('✓')} ${terminal.out.bold(terminal.peer(server, 64))} ${what}${issuer}`,
  );
}

function factsOf(status: AuthorizationStatus | undefined): Record<string, unknown> {
  const expiresAt =
    status?.expiresAtMs === undefined ? undefined : new Date(status.expiresAtMs).toISOString();
  const { authorized = false, issuer, clientId, scope, renewable = false } = status ?? {};
  return { authorized, issuer, clientId, scope, expiresAt, renewable };
}

function rowOf(
  { terminal }: CommandContext,
  server: string,
  possible: boolean,
  status: AuthorizationStatus | undefined,
): string[] {
  const login = !possible ? 'not by login' : status?.authorized === true ? 'yes' : 'no';
  const until =
    status?.authorized !== true
      ? ''
      : status.renewable
        ? 'renewed'
        : status.expiresAtMs === undefined
          ? 'unknown'
          : new Date(status.expiresAtMs).toISOString();
  return [server, login, until, status?.issuer ?? '', status?.scope ?? ''].map((cell) =>
    terminal.peer(cell, 200),
  );
}
