import { dirname, resolve } from 'node:path';
import { SignalboxError } from '../../core/errors.ts';
import { fileError } from '../file/file-error.ts';
import { readBoundedText } from '../file/read-text.ts';
import { detectHost } from './detect-host.ts';
import { parseSource } from './documents/parse-source.ts';
import { SOURCE_LIMITS, type SourceLimits } from './documents/source-document.ts';
import type { Host, KnownFile, Places } from './host.ts';
import { isWithin } from './host-folders.ts';
import { HOSTS, hostOf } from './hosts.ts';
import type { ImportedServer, ImportNote } from './imported-server.ts';

/** What one file of a host holds, or why it could not be read. */
export interface HostFile {
  /** Id of the host. */
  readonly host: string;
  readonly title: string;
  readonly file: string;
  readonly servers: readonly ImportedServer[];
  readonly notes: readonly ImportNote[];
  /** Why nothing could be read: the file is broken, too large or not readable. */
  readonly error?: SignalboxError;
}

/** How files of hosts are read. */
export interface HostFileOptions {
  readonly places: Places;
  /** Whether a file with servers of many projects gives those of all of them. Default `false`: of the one in `cwd`. */
  readonly allProjects?: boolean | undefined;
  /** Bounds on files. Default: {@link SOURCE_LIMITS}. */
  readonly limits?: SourceLimits | undefined;
}

/** The files of all hosts, or of one, that are there. One that is broken stands in the list with its error. */
export async function readHostFiles(
  options: HostFileOptions,
  hosts: readonly Host[] = HOSTS,
): Promise<HostFile[]> {
  const found: HostFile[] = [];
  for (const { host, file } of knownFiles(options.places, hosts)) {
    const read = await readIfThere(host, file, options);
    if (read !== undefined) found.push(read);
  }
  return found;
}

/** Where the files of hosts would be, each once. */
export function knownFiles(
  places: Places,
  hosts: readonly Host[] = HOSTS,
): { readonly host: Host; readonly file: KnownFile }[] {
  // In the home folder the files of the user are no project's.
  const isHome = isWithin(places.platform, places.home, places.cwd);
  return hosts.flatMap((host) =>
    host
      .files(places)
      .filter(({ folder }) => folder === undefined || !isHome || host.id === 'claude-code')
      .map((file) => ({ host, file })),
  );
}

/**
 * One file that somebody names, of the named host, or of that which its path and content tell.
 * @throws SignalboxError `CONFIG_INVALID` if it cannot be read, or if nothing tells whose it is
 */
export async function readNamedFile(
  path: string,
  hostId: string | undefined,
  options: HostFileOptions,
): Promise<HostFile> {
  const file = resolve(options.places.cwd, path);
  const { maxBytes } = options.limits ?? SOURCE_LIMITS;
  const text = await readBoundedText(file, maxBytes);
  if (typeof text !== 'string') throw fileError(file, `the file ${text.fault}`, { cause: text.cause });
  const document = await parseSource(text, file, options.limits);
  const host = hostOf(hostId ?? detectHost(document) ?? '');
  if (host === undefined) {
    throw fileError(file, 'nothing tells which host it belongs to; say it with --host');
  }
  const { servers, notes } = host.read(document, contextOf(folderOf(file, host, options.places), options));
  return { host: host.id, title: host.title, file, servers, notes };
}

/** A file that stands where a project of its host has one belongs to that project. */
function folderOf(file: string, host: Host, places: Places): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const isProjectFile = host
      .files({ ...places, cwd: folder })
      .some((known) => known.folder === folder && known.path === file);
    const isUserFile = host.files(places).some((known) => known.folder === undefined && known.path === file);
    if (isUserFile) return undefined;
    if (isProjectFile) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

async function readIfThere(
  host: Host,
  { path, folder }: KnownFile,
  options: HostFileOptions,
): Promise<HostFile | undefined> {
  const { maxBytes } = options.limits ?? SOURCE_LIMITS;
  const text = await readBoundedText(path, maxBytes);
  const known = { host: host.id, title: host.title, file: path };
  if (typeof text !== 'string') {
    if (text.missing) return undefined;
    return {
      ...known,
      servers: [],
      notes: [],
      error: fileError(path, `the file ${text.fault}`, { cause: text.cause }),
    };
  }
  try {
    const document = await parseSource(text, path, options.limits);
    return { ...known, ...host.read(document, contextOf(folder, options)) };
  } catch (error) {
    if (!SignalboxError.is(error)) throw error;
    return { ...known, servers: [], notes: [], error };
  }
}

function contextOf(
  folder: string | undefined,
  { places, allProjects = false }: HostFileOptions,
): { readonly platform: NodeJS.Platform; folder: string | undefined; cwd: string; allProjects: boolean } {
  return { platform: places.platform, folder, cwd: places.cwd, allProjects };
}
