import { SignalboxError } from '../../core/errors.ts';
import type { RegistryEvent } from '../../registry/events/event-record.ts';
import type { StreamedEvent } from '../../registry/events/event-stream.ts';
import type { ServerInstance } from '../../registry/servers/server-instance.ts';
import type { CommandContext } from '../command-context.ts';
import { listAnswer } from '../list-answer.ts';
import type { OpenServers } from '../open-servers.ts';
import { reportsOf, type ServerReport, type TotalReport, totalOf } from '../output/server-report.ts';
import type { ControlRequest } from './control-protocol.ts';
import type { ControlAnswers } from './control-server.ts';

/** What `status` is told. */
export interface StatusAnswer {
  /** The process that runs the servers. */
  readonly pid: number;
  readonly file: string;
  /** URL of the endpoint, or `stdio`; undefined if there is none. */
  readonly endpoint: string | undefined;
  readonly servers: readonly ServerReport[];
  /** All of them together. */
  readonly total: TotalReport;
}

/** What `logs` is told. */
export interface LogsAnswer {
  readonly stderr: readonly { readonly at: string; readonly text: string }[];
  /** Give it back to be told what has been written since. */
  readonly next: number;
  readonly events: readonly RegistryEvent[];
}

/** Says how the servers of this process are, to whoever asks: this process by itself, or others by the socket. */
export class FleetAnswers implements ControlAnswers {
  readonly #context: CommandContext;
  readonly #servers: OpenServers;
  readonly #endpoint: string | undefined;
  readonly #errors: ReadonlyMap<string, SignalboxError | undefined> | undefined;

  /**
   * @param endpoint URL, or `stdio`; undefined if there is none
   * @param errors how connecting the servers ended, where that is known better than by their states
   */
  constructor(
    context: CommandContext,
    servers: OpenServers,
    endpoint?: string,
    errors?: ReadonlyMap<string, SignalboxError | undefined>,
  ) {
    this.#context = context;
    this.#servers = servers;
    this.#endpoint = endpoint;
    this.#errors = errors;
  }

  async answer(request: ControlRequest): Promise<unknown> {
    switch (request.ask) {
      case 'status':
        return this.status();
      case 'stats':
        return this.#servers.registry.stats();
      case 'logs':
        return this.#logs(this.#require(request.server), request.from, request.after);
      case 'list':
        if (request.server !== undefined) this.#require(request.server);
        return await listAnswer(this.#context, this.#servers, request, this.#errors);
      case 'restart':
        return await this.#restart(this.#require(request.server));
      case 'events':
        throw new SignalboxError('INVALID_ARGUMENT', 'events are a stream');
    }
  }

  async *events(
    request: Extract<ControlRequest, { readonly ask: 'events' }>,
    signal: AbortSignal,
  ): AsyncGenerator<StreamedEvent, void, undefined> {
    const { registry } = this.#servers;
    const { server, types, follow, limit = Number.MAX_SAFE_INTEGER } = request;
    if (server !== undefined) this.#require(server);
    const isWanted = (event: RegistryEvent): boolean =>
      (server === undefined || event.server === server) &&
      (types === undefined || (types as readonly string[]).includes(event.type));
    // At the same moment: nothing falls between the past and the stream, nothing is told twice.
    const past = registry.history().filter(isWanted);
    const stream = registry.events({ signal });
    try {
      yield* limit === 0 ? [] : past.slice(-limit);
      if (!follow) return;
      for await (const event of stream) {
        if (event.type === 'dropped' || isWanted(event)) yield event;
      }
    } finally {
      await stream.return();
    }
  }

  status(): StatusAnswer {
    const { file, registry } = this.#servers;
    const servers = reportsOf(this.#context, this.#servers);
    const total = totalOf(registry.stats().total);
    return { pid: process.pid, file, endpoint: this.#endpoint, servers, total };
  }

  #logs({ name, client }: ServerInstance, from: number | undefined, after: number = 0): LogsAnswer {
    const { io } = this.#context;
    const { lines, next } = client.stderr.read(from);
    const events = this.#servers.registry.history({ server: name });
    return {
      stderr: lines.map(({ at, text }) => ({ at: new Date(at).toISOString(), text: io.redactor.text(text) })),
      next,
      // That lists have changed is told all the time, and says nothing about the server.
      events: events.filter(({ type, sequence }) => type !== 'catalog' && sequence > after),
    };
  }

  async #restart(instance: ServerInstance): Promise<ServerReport | undefined> {
    await instance.reconnect('a restart was asked for');
    await instance.settled();
    return reportsOf(this.#context, this.#servers).find(({ name }) => name === instance.name);
  }

  /** Only names that are registered lead anywhere (S05). */
  #require(name: string): ServerInstance {
    const { registry, failed } = this.#servers;
    const instance = registry.getServer(name);
    if (instance !== undefined) return instance;
    throw failed.get(name) ?? new SignalboxError('UNKNOWN_SERVER', 'there is no server of this name');
  }
}
