import { isObject, isRequestId, JSON_RPC_ERROR } from '../../wire/json-rpc.ts';
import { CONTRACT_COMMANDS, type ContractCommand } from './contract-command.ts';

/** What a peer can do to the connection that a message came on. */
export interface ContractLink {
  /** Sends one message. Where each request has an answer stream of its own, on that. */
  send(text: string): void;
  /** Sends something that is no message. Needed for `noise`. */
  noise?(text: string): void;
  /** Breaks the connection. Needed for `die`. */
  die?(): void;
  /** Ends the connection in good order. Needed for `end`. */
  end?(): void;
  /** Reads nothing any more. Needed for `stall`. */
  stall?(): void;
}

const PREFIX = 'contract/';
/** Keys that are remembered at most. */
const MAX_SEEN = 10_000;

/**
 * The peer that the contract suite wants to talk to, without the way to it: put it behind your server. One for each
 * case; it may have many links.
 */
export class ContractPeer {
  readonly #seen: string[] = [];
  readonly #held: Map<string, () => void> = new Map();

  /** Takes one message as it came. A request `contract/<command>` is answered on the link, a notification noted. */
  receive(text: string, link: ContractLink): void {
    const message: unknown = JSON.parse(text);
    if (!isObject(message) || typeof message['method'] !== 'string') return;
    const { id, method, params } = message as { id?: unknown; method: string; params?: unknown };
    const given = isObject(params) ? params : {};
    const reply = (body: object): void => link.send(JSON.stringify({ jsonrpc: '2.0', id, ...body }));
    if (!isRequestId(id)) {
      this.#note(given);
      return;
    }
    const command = method.slice(PREFIX.length) as ContractCommand;
    if (!method.startsWith(PREFIX) || !CONTRACT_COMMANDS.includes(command)) {
      reply({
        error: { code: JSON_RPC_ERROR.methodNotFound, message: `no such method: ${method.slice(0, 40)}` },
      });
      return;
    }
    void this.perform(command, given, link).then((value) => reply({ result: { value } }));
  }

  /**
   * Carries out one command, for peers that speak something else than JSON-RPC. Resolves with the value that is to be
   * answered; of `silent`, `die` and `end` never.
   */
  async perform(
    command: ContractCommand,
    params: Readonly<Record<string, unknown>>,
    link: ContractLink,
  ): Promise<unknown> {
    const key = this.#note(params);
    switch (command) {
      case 'echo':
        return params['value'];
      case 'hold':
        await new Promise<void>((resolve) => this.#held.set(key, resolve));
        return key;
      case 'release':
        this.#held.get(String(params['held']))?.();
        return key;
      case 'seen':
        return [...this.#seen];
      case 'tell':
        for (let n = 0; n < Number(params['count']); n++) {
          link.send(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/contract', params: { n } }));
        }
        return params['count'];
      case 'noise':
        link.noise?.(String(params['text']));
        return params['text'];
      case 'huge':
        return 'x'.repeat(Number(params['bytes']));
      case 'stall':
        // The answer leaves before nothing more is read.
        queueMicrotask(() => queueMicrotask(() => link.stall?.()));
        return key;
      case 'die':
        link.die?.();
        return await new Promise(() => {});
      case 'end':
        link.end?.();
        return await new Promise(() => {});
      case 'silent':
        return await new Promise(() => {});
    }
  }

  #note(params: Readonly<Record<string, unknown>>): string {
    const key = String(params['key']);
    if (this.#seen.length < MAX_SEEN) this.#seen.push(key);
    return key;
  }
}
