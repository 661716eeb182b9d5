import type { HealthSnapshot } from '../../client/health/health-snapshot.ts';
import type { SignalboxError } from '../../core/errors.ts';
import type { ServerInstance } from '../../registry/servers/server-instance.ts';
import type { ServerState } from '../../registry/servers/server-status.ts';
import type { CommandContext } from '../command-context.ts';
import type { OpenServers } from '../open-servers.ts';
import { type ErrorFacts, factsOf } from '../report-error.ts';
import type { Colors } from './terminal.ts';

/** States that nobody needs to do anything about. */
const WELL: ReadonlySet<string> = new Set(['connected', 'sleeping', 'disabled']);

/** What the command line tells of one server. All text in it is safe for a terminal and without secrets. */
export interface ServerAccount {
  readonly name: string;
  readonly transport: string | undefined;
  readonly era: string | undefined;
  readonly protocolVersion: string | undefined;
  /** `invalid`: its entry in the config file cannot be used. */
  readonly state: ServerState | 'invalid';
  readonly tools: number;
  readonly resources: number;
  readonly prompts: number;
  readonly connectMs: number | null;
  readonly pid: number | undefined;
  /** How it is; undefined unless it is connected. */
  readonly health: HealthSnapshot | undefined;
  /** Why it is not connected. */
  readonly error: ErrorFacts | undefined;
}

/** What there is to say of one registered server, as of now. */
export function accountOf(
  context: CommandContext,
  instance: ServerInstance,
  known?: SignalboxError,
): ServerAccount {
  const { terminal } = context;
  const status = instance.status();
  const { tools, resources, prompts, connectMs, pid, state, health } = status;
  const error = WELL.has(state) ? undefined : (known ?? instance.error);
  return {
    name: terminal.peer(status.name, 64),
    transport: status.transport === undefined ? undefined : terminal.peer(status.transport, 32),
    era: status.era,
    protocolVersion:
      status.protocolVersion === undefined ? undefined : terminal.peer(status.protocolVersion, 32),
    state,
    tools,
    resources,
    prompts,
    connectMs: connectMs === null ? null : Math.round(connectMs),
    pid,
    health,
    error: error === undefined ? undefined : safeFacts(context, error),
  };
}

/** All servers of a config, the registered ones in their order, then those whose entries cannot be used. */
export function accountsOf(
  context: CommandContext,
  servers: OpenServers,
  errors: ReadonlyMap<string, SignalboxError | undefined> = new Map(),
): ServerAccount[] {
  const registered = servers.registry
    .getAllServers()
    .map((instance) => accountOf(context, instance, errors.get(instance.name)));
  const invalid = [...servers.failed].map(
    ([name, error]): ServerAccount => ({
      name: context.terminal.peer(name, 64),
      transport: undefined,
      era: undefined,
      protocolVersion: undefined,
      state: 'invalid',
      tools: 0,
      resources: 0,
      prompts: 0,
      connectMs: null,
      pid: undefined,
      health: undefined,
      error: safeFacts(context, error),
    }),
  );
  return [...registered, ...invalid];
}

/** True if nobody needs to do anything about it. */
export function isWell({ state }: ServerAccount): boolean {
  return WELL.has(state);
}

/** The state in the words of a reader. */
export function stateText({ state, health }: ServerAccount): string {
  switch (state) {
    case 'connected':
      return health === undefined || health.state === 'healthy' ? state : `${health.state} (${health.cause})`;
    case 'initializing':
      return 'connecting';
    case 'error':
      return 'failed';
    case 'invalid':
      return 'bad entry';
    default:
      return state;
  }
}

/** One character, coloured, that says how a server is. */
export function stateMark({ state, health }: ServerAccount, colors: Colors): string {
  switch (state) {
    case 'connected':
      if (health?.state === 'degraded') return colors.yellow('✓');
      return health?.state === 'unhealthy' ? colors.red('!') : colors.green('✓');
    case 'error':
    case 'invalid':
    case 'unauthorized':
      return colors.red('✗');
    case 'connecting':
    case 'initializing':
    case 'reconnecting':
    case 'closing':
      return colors.yellow('…');
    default:
      return colors.dim('–');
  }
}

function safeFacts(context: CommandContext, error: SignalboxError): ErrorFacts {
  const facts = factsOf(error);
  const message = context.terminal.peer(facts.message.replaceAll('\n', ' '));
  return context.io.redactor.value({ ...facts, message }) as ErrorFacts;
}
