import type { Transport } from '../../transports/transport.ts';
import type { TransportContext } from '../../transports/transport-context.ts';
import type { ContractCommand, ContractParams } from './contract-command.ts';

/** A peer that runs, and the way to it. */
export interface StartedPeer {
  /**
   * Makes a transport to the peer, not opened yet. Clock, limits, logger and server name of the context must reach it:
   * by them the suite sees timers that are left, and sets small limits.
   */
  readonly transport: (context: TransportContext) => Transport | Promise<Transport>;
  /** Ends the peer with all that belongs to it in this process. Called once, when its transports are closed. */
  readonly stop: () => Promise<void> | void;
}

/** One request or notification as the transport under test is to carry it. */
export interface ContractMessageParts {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  /** Names in lower case. Default: none. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A kind of transport, and what the contract suite has to know of it. */
export interface ContractSubject {
  /** Starts a fresh peer; once for each case. */
  readonly start: () => Promise<StartedPeer> | StartedPeer;
  /** Makes a transport that leads nowhere: a port on which nobody listens, a program that does not exist. */
  readonly unreachable?: (context: TransportContext) => Transport | Promise<Transport>;
  /** Commands that the peer cannot carry out; what needs them is skipped. Default: none. */
  readonly lacks?: readonly ContractCommand[] | undefined;
  /** The request for a command. Default: the method `contract/<command>` with the parameters as they are. */
  readonly request?: (command: ContractCommand, params: ContractParams) => ContractMessageParts;
  /** The notification whose `key` the peer notes. Default: `notifications/contract`. */
  readonly notification?: (key: string) => ContractMessageParts;
  /** The value in the result of an answer. Default: its `value`. */
  readonly value?: (result: Readonly<Record<string, unknown>>) => unknown;
  /** A request that goes before all others on each connection, such as `initialize`. Default: none. */
  readonly opening?: ContractMessageParts | undefined;
  /** Texts that must appear neither in diagnostics nor in errors: tokens and passwords that it was made with. */
  readonly secrets?: readonly string[] | undefined;
  /** How long anything may take before the suite gives up, in ms. Default 10 000. */
  readonly patienceMs?: number | undefined;
}

/** One promise of the contract, as a test. */
export interface ContractCase {
  readonly title: string;
  /** Why it does not apply; undefined if it does. */
  readonly skip: string | undefined;
  /** Rejects with a ContractViolation that says what is broken. Cases must run one after another. */
  readonly run: () => Promise<void>;
}
