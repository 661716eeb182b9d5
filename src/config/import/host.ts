import type { SourceDocument } from './documents/source-document.ts';
import type { HostReading } from './imported-server.ts';

/** Where to look for files of hosts. */
export interface Places {
  readonly platform: NodeJS.Platform;
  /** Home folder of the user. */
  readonly home: string;
  /** The project. */
  readonly cwd: string;
  /** `APPDATA`, `XDG_CONFIG_HOME`, `CODEX_HOME` are looked at. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A file that a host reads, if it is there. */
export interface KnownFile {
  readonly path: string;
  /** Folder of the project that it belongs to; undefined for a file of the user. */
  readonly folder?: string;
}

/** What a dialect may know beside the document. */
export interface ReadContext {
  readonly platform: NodeJS.Platform;
  /** Folder of the project that the file belongs to; undefined for a file of the user. */
  readonly folder: string | undefined;
  /** The project that somebody is in: of a file with many projects, its servers are read. */
  readonly cwd: string;
  /** Whether the servers of all projects are read. */
  readonly allProjects: boolean;
}

/** One host: its files, and how they are to be understood. */
export interface Host {
  /** As people type it: `claude-desktop`. */
  readonly id: string;
  readonly title: string;
  /** Where its files are, those of the project first. None: it has no fixed place. */
  files(places: Places): readonly KnownFile[];
  /** Pure: everything that a document of this host says. */
  read(document: SourceDocument, context: ReadContext): HostReading;
}
