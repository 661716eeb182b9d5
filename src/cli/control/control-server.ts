import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { systemClock } from '../../core/clock.ts';
import { messageOf, SignalboxError } from '../../core/errors.ts';
import { faultOfFolder } from '../../transports/process/leftovers/state-folder.ts';
import { withoutHead } from '../report-error.ts';
import { ControlConnection } from './control-connection.ts';
import type { ControlPath } from './control-path.ts';
import { type ControlReply, type ControlRequest, encodeLine, readRequest } from './control-protocol.ts';
import { removeDead, socketState } from './stale-socket.ts';

/** Connections at the same time; further ones are closed at once. */
const MAX_CONNECTIONS = 32;

/** Who answers. */
export interface ControlAnswers {
  /** @throws SignalboxError what the asker is told */
  answer(request: ControlRequest): Promise<unknown>;
  /** Events, for as long as they are read; `signal` fires when nobody reads any more. */
  events(
    request: Extract<ControlRequest, { readonly ask: 'events' }>,
    signal: AbortSignal,
  ): AsyncIterable<unknown>;
}

/** Answers other commands of this user through a socket that nobody else can open. */
export class ControlServer {
  readonly #answers: ControlAnswers;
  readonly #server: Server;
  readonly #connections: Set<ControlConnection> = new Set();

  constructor(answers: ControlAnswers) {
    this.#answers = answers;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * Listens from now on. The socket of a process that is dead is replaced.
   * @throws SignalboxError LISTEN_FAILED
   */
  async listen({ folder, path }: ControlPath): Promise<void> {
    if (folder !== undefined) {
      const fault = faultOfFolder(folder);
      if (fault !== undefined) throw failed(`the folder ${folder} ${fault}`);
      const state = await socketState(path);
      if (state === 'foreign') throw failed(`${path} is no socket of this user's; remove it`);
      if (state === 'alive') throw failed('another `signalbox up` of this config answers already');
      if (state === 'dead') await removeDead(path);
    }
    await new Promise<void>((resolve, reject) => {
      const refused = (error: Error): void => reject(failed(messageOf(error)));
      this.#server.once('error', refused);
      this.#server.listen(path, () => {
        this.#server.off('error', refused);
        resolve();
      });
    });
    // Nobody else gets into the folder in any case (S27).
    if (folder !== undefined) chmodSync(path, 0o600);
  }

  /** Ends all connections; nothing is left of it. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    const connection = new ControlConnection(socket, systemClock, (line) => this.#serve(connection, line));
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }

  async #serve(connection: ControlConnection, line: string): Promise<void> {
    let last: ControlReply | undefined;
    try {
      const request = readRequest(line);
      if (request.ask === 'events') {
        for await (const event of this.#answers.events(request, connection.gone)) {
          if (!(await connection.write(encodeLine({ event })))) break;
        }
      } else {
        last = { answer: await this.#answers.answer(request) };
      }
    } catch (error) {
      const isOurs = SignalboxError.is(error);
      const message = isOurs ? withoutHead(error) : messageOf(error);
      last = { error: { code: isOurs ? error.code : 'INTERNAL', message } };
    }
    connection.end(last === undefined ? '' : encodeLine(last));
  }
}

function failed(what: string): SignalboxError {
  return new SignalboxError('LISTEN_FAILED', `other commands cannot ask this one: ${what}`);
}
