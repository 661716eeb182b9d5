/** One column of a table. */
export interface Column {
  readonly title: string;
  /** Default `left`. */
  readonly align?: 'left' | 'right';
}

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

/** The last column is never cut below this, whatever the width of the terminal. */
const MIN_LAST_COLUMN = 16;

/**
 * Rows in columns, without borders. Cells must be safe for a terminal and of one line each.
 *
 * @param width columns of the terminal; the last column is cut to fit. Undefined: nothing is cut
 * @param head styles a title
 */
export async function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
  head: (title: string) => string = (title) => title,
): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const build = (colWidths: (number | null)[]): InstanceType<typeof Table> => {
    const built = new Table({
      chars: NO_BORDERS,
      style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
      colAligns: columns.map(({ align }) => align ?? 'left'),
      colWidths,
    });
    built.push(columns.map(({ title }) => head(title)));
    built.push(...rows.map((row) => [...row]));
    return built;
  };
  const natural = build([]);
  const text = natural.toString();
  const excess = width === undefined ? 0 : naturalWidth(natural.options.colWidths) - width;
  if (excess <= 0) return trimmed(text);
  const widths = natural.options.colWidths.map((columnWidth) => columnWidth ?? 0);
  const last = widths.pop() ?? 0;
  return trimmed(build([...widths, Math.max(MIN_LAST_COLUMN, last - excess)]).toString());
}

/** `toString` has put the width of each column into the options of the table. */
function naturalWidth(widths: readonly (number | null)[]): number {
  const gaps = NO_BORDERS.middle.length * Math.max(0, widths.length - 1);
  return widths.reduce<number>((sum, columnWidth) => sum + (columnWidth ?? 0), gaps);
}

function trimmed(text: string): string {
  return text.replace(/ +$/gmu, '');
}
