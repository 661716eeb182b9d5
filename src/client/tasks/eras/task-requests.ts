import type { ResolvedSettings } from '../../../config/settings.ts';
import { throwIfAborted } from '../../../core/abort.ts';
import { SignalboxError } from '../../../core/errors.ts';
import type { Era, EraName } from '../../../protocol/eras/era.ts';
import type { Session } from '../../../protocol/session/session.ts';
import { TASK_RESULT } from '../../../protocol/tasks/tasks-era.ts';
import type { Params } from '../../../wire/json-rpc.ts';
import type { Caller } from '../../calls/caller.ts';
import { untilAborted } from '../until-aborted.ts';

/** What {@link TaskRequests} asks of its client. */
export interface TaskRequestsOwner {
  readonly name: string;
  readonly caller: Caller;
  readonly settings: Pick<ResolvedSettings, 'timeouts'>;
  /** How a request that is prepared for tasks is dressed in a session of the modern era. */
  tasksEra(session: Session): Era | undefined;
}

/** Sends what is about tasks, in the era that the task belongs to and in no other. */
export class TaskRequests {
  readonly #client: TaskRequestsOwner;

  constructor(client: TaskRequestsOwner) {
    this.#client = client;
  }

  /**
   * A request that is answered at once. If `signal` fires, nobody waits for its answer any more, and nothing is said
   * to the server: `notifications/cancelled` must not be used for tasks.
   */
  async request(
    era: EraName,
    method: string,
    params: Params,
    signal: AbortSignal | undefined,
  ): Promise<Record<string, unknown>> {
    const { name } = this.#client;
    throwIfAborted(signal, name);
    return await untilAborted(this.#send(era, method, params, signal), signal, name);
  }

  /** `tasks/result` of the legacy era: answered when the task is over. `signal` ends the request, not the task. */
  async waitFor(method: string, params: Params, signal: AbortSignal): Promise<Record<string, unknown>> {
    const session = await this.#client.caller.session(signal);
    const options = { timeoutMs: Number.POSITIVE_INFINITY, longLived: true, signal };
    const result = await session.request(method, params, options, this.dress('legacy', session));
    return result as Record<string, unknown>;
  }

  /**
   * How a request of a task is dressed in this session.
   * @throws SignalboxError NOT_SUPPORTED if the server speaks the other era now, to which the task means nothing
   */
  dress(era: EraName, session: Session): Era | undefined {
    if (session.era?.name !== era) {
      const message = `the task belongs to the ${era} era; the server speaks ${session.era?.protocolVersion} now`;
      throw new SignalboxError('NOT_SUPPORTED', message, { server: this.#client.name });
    }
    return era === 'modern' ? this.#client.tasksEra(session) : session.era;
  }

  async #send(
    era: EraName,
    method: string,
    params: Params,
    signal: AbortSignal | undefined,
  ): Promise<Record<string, unknown>> {
    const { caller, settings } = this.#client;
    const options = { timeoutMs: settings.timeouts.request, acceptsResultTypes: [TASK_RESULT] };
    for (let again = false; ; again = true) {
      const session = await caller.session(signal);
      try {
        return (await session.request(method, params, options, this.dress(era, session))) as Record<
          string,
          unknown
        >;
      } catch (error) {
        // The server forgot the session and executed nothing: once more in a new one.
        if (again || !SignalboxError.is(error) || error.code !== 'SESSION_LOST') throw error;
      }
    }
  }
}
