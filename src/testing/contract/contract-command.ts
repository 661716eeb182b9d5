/**
 * What the suite asks of the peer behind a transport. It is asked in messages, so the peer may be a process or stand
 * on another machine. Each but `silent`, `die` and `end` is answered with a value.
 */
export type ContractCommand =
  /** Answers with `value`. */
  | 'echo'
  /** Answers with its `key`, but not before `release` was called for it. */
  | 'hold'
  /** Answers with its `key`, and lets the `hold` whose key is `held` answer. */
  | 'release'
  /** Answers with the list of the `key`s of all messages so far, in the order in which they came. */
  | 'seen'
  /** Never answers. */
  | 'silent'
  /** Sends `count` notifications `notifications/contract` with `n` from 0 on, then answers with `count`. */
  | 'tell'
  /** Sends `text`, which is no message, then answers with `text`. */
  | 'noise'
  /** Answers with a text of `bytes` characters. */
  | 'huge'
  /** Breaks the connection (of this request, where it has one of its own) without an answer. */
  | 'die'
  /** Ends it in good order, without an answer. */
  | 'end'
  /** Answers with its `key`, and reads nothing any more from then on. */
  | 'stall';

/** Every {@link ContractCommand}: what a subject `lacks` is one of these. */
export const CONTRACT_COMMANDS: readonly ContractCommand[] = Object.freeze([
  'echo',
  'hold',
  'release',
  'seen',
  'silent',
  'tell',
  'noise',
  'huge',
  'die',
  'end',
  'stall',
] as const);

/** What a command is given. Every one has a `key` that nobody else has. */
export type ContractParams = Readonly<Record<string, unknown>> & { readonly key: string };
