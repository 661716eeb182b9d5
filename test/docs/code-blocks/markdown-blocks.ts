/** What a comment before a block says is to be done with it. Nothing said: a program is run, a command line checked. */
export interface Directive {
  /** Others can come after it under this name. */
  readonly name?: string | undefined;
  /** The block, hidden or not, whose code comes first in the same program. */
  readonly after?: string | undefined;
  /** The file of its page that it is. Programs of the page find it in their folder, and can import it. */
  readonly file?: string | undefined;
  /** A folder of the project whose files the program finds in its own. */
  readonly in?: string | undefined;
  /** Why a program is compiled only. */
  readonly types?: string | undefined;
  /** Why a block is neither run nor checked. */
  readonly skip?: string | undefined;
  /** `sh`: it is run. */
  readonly run?: true | undefined;
  /** `json`: it is the value of a server, or of its `x-signalbox`. */
  readonly part?: 'entry' | 'settings' | 'data' | undefined;
  /** `text`: it is what the program before it prints. */
  readonly output?: true | undefined;
}

/** One fenced block of a page, or a hidden one: a comment that begins with `example: setup`. */
export interface MarkdownBlock {
  readonly page: string;
  /** Of its first line of code. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  readonly isHidden: boolean;
  readonly directive: Directive;
}

const FENCE = /^( *)(`{3,})(.*)$/u;
const COMMENT = /^<!-- example: (.*?) -->$/u;
const SETUP = /^<!-- example: setup (.+)$/u;

/** Every block of a page in its order. */
export function markdownBlocks(page: string, text: string): MarkdownBlock[] {
  const blocks: MarkdownBlock[] = [];
  const lines = text.split('\n');
  let directive: Directive = {};
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const place = `${page}:${at + 1}`;
    const setup = SETUP.exec(line)?.[1];
    const [, indent = '', fence = '', info = ''] = FENCE.exec(line) ?? [];
    if (setup !== undefined || fence !== '') {
      const end = setup === undefined ? `${indent}${fence}` : '-->';
      const start = at + 1;
      do at++;
      while (at < lines.length && lines[at]?.trimEnd() !== end);
      if (at === lines.length) throw new Error(`${page}:${start}: the block has no end`);
      blocks.push({
        page,
        line: start + 1,
        language: setup === undefined ? info.trim() : 'ts',
        code: lines
          .slice(start, at)
          .map((one) => one.slice(Math.min(indent.length, one.length)))
          .join('\n'),
        isHidden: setup !== undefined,
        directive: setup === undefined ? directive : parseDirective(setup, place),
      });
      directive = {};
      continue;
    }
    const comment = COMMENT.exec(line.trim())?.[1];
    if (comment !== undefined) directive = parseDirective(comment, place);
    else if (line.trim() !== '' && Object.keys(directive).length > 0) {
      throw new Error(`${place}: a comment "example:" stands before text, not before a block`);
    }
  }
  return blocks;
}

/** `name first; after setup`, `skip: reason`. A reason goes to the end. */
function parseDirective(text: string, place: string): Directive {
  const directive: { -readonly [Key in keyof Directive]: Directive[Key] } = {};
  for (let rest = text; rest !== ''; ) {
    const [, reasonFor, reason] = /^(skip|types): (.{10,})$/u.exec(rest) ?? [];
    if (reasonFor !== undefined) {
      directive[reasonFor as 'skip' | 'types'] = reason;
      break;
    }
    const [whole = '', word = '', value] =
      /^(name|after|file|in|run|entry|settings|data|output)(?: ([\w./-]+))?(?:; |$)/u.exec(rest) ?? [];
    if (word === 'name' || word === 'after' || word === 'file' || word === 'in') {
      if (value === undefined) throw new Error(`${place}: "${word}" needs a name`);
      directive[word] = value;
    } else if (word === 'run' || word === 'output') directive[word] = true;
    else if (word === '')
      throw new Error(`${place}: "${rest}" says nothing; CONTRIBUTING.md tells the words`);
    else directive.part = word as 'entry' | 'settings' | 'data';
    rest = rest.slice(whole.length);
  }
  return directive;
}
