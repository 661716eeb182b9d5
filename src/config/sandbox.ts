/** Upper bounds on a server in a sandbox. Each is kept by the kernel; default: none. */
export interface SandboxLimits {
  /** Private memory of each process, in bytes (`RLIMIT_DATA`). 16 MiB to 1024 GiB. */
  readonly memoryBytes?: number | undefined;
  /** Processes and threads of the server together; refused for root, to whom the kernel allows any. 1 to 1 000 000. */
  readonly processes?: number | undefined;
  /** Open files of each process. 16 to 1 000 000. */
  readonly openFiles?: number | undefined;
  /** Processor time of each process, in seconds. 1 to 31 536 000. */
  readonly cpuSeconds?: number | undefined;
  /** Size of each file that it writes, in bytes. 1 to 1024 GiB. */
  readonly fileBytes?: number | undefined;
}

/**
 * What a server on this machine may do. Everything that is not allowed here is refused by the kernel: a setting that
 * is too strict shows at once, one that is too wide never would, so the defaults are strict.
 */
export interface SandboxSettings {
  /** Files and folders that it may change. Relative paths start at its working directory. Default: none. */
  readonly writable?: readonly string[] | undefined;
  /** Files and folders that it may read although `home` or `tmp` hides them. Default: none. */
  readonly readable?: readonly string[] | undefined;
  /**
   * Whether it reaches the network, and this machine over it. Default `false`; `true` for a server of `launch`, which
   * could not be reached otherwise. A server started by `npx` needs it to install itself.
   */
  readonly network?: boolean | undefined;
  /** Its own empty folder for temporary files (the default), or that of everybody, read-only. */
  readonly tmp?: 'private' | 'shared' | undefined;
  /** The home folder: an empty one of its own (the default), or the real one to read. */
  readonly home?: 'hidden' | 'read-only' | undefined;
  readonly limits?: SandboxLimits | undefined;
}

/** {@link SandboxSettings} with every default filled in. */
export interface ResolvedSandbox {
  readonly writable: readonly string[];
  readonly readable: readonly string[];
  readonly network: boolean;
  readonly tmp: 'private' | 'shared';
  readonly home: 'hidden' | 'read-only';
  readonly limits: SandboxLimits;
}

/** @param isLaunched whether the server is reached by its address */
export function resolveSandbox(
  settings: SandboxSettings | boolean | undefined,
  isLaunched: boolean,
): ResolvedSandbox | undefined {
  if (settings === undefined || settings === false) return undefined;
  const given = settings === true ? {} : settings;
  return Object.freeze({
    writable: Object.freeze([...(given.writable ?? [])]),
    readable: Object.freeze([...(given.readable ?? [])]),
    network: given.network ?? isLaunched,
    tmp: given.tmp ?? 'private',
    home: given.home ?? 'hidden',
    limits: Object.freeze({ ...given.limits }),
  });
}
