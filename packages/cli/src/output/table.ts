import { type Look, paint } from './terminal.ts'
import { cut, pad, textWidth } from './text-width.ts'

/** One column of a table. */
export interface Column<Row> {
  readonly title: string
  readonly text: (row: Row) => string
  readonly look?: (row: Row) => Look | undefined
  readonly align?: 'right'
  /** Where room is short, the column may be cut down to `least`, the later the more `worth` it is. */
  readonly cut?: {
    readonly least: number
    readonly worth: number
    /** Not below what most rows need, up to this width. */
    readonly usualUpTo?: number
  }
  /** Left out where there is no room for all; the first one first. */
  readonly isDropped?: true
}

const GAP = '  '
/** The share of the rows whose texts must fit before others are cut for the longest ones. */
const USUAL_SHARE = 0.75

/**
 * Lines of a table. Its columns are as wide as the first rows need, so that it can be printed while
 * the rest is still on its way.
 */
export class Table<Row> {
  readonly #columns: readonly FittedColumn<Row>[]
  readonly #cuts: boolean

  /** @param room columns of the terminal; infinite: nothing is cut */
  constructor(columns: readonly Column<Row>[], firstRows: readonly Row[], room: number) {
    this.#cuts = room !== Number.POSITIVE_INFINITY
    this.#columns = fit(columns, firstRows, room)
  }

  get header(): string {
    return this.#line(
      (column) => column.title,
      () => 'bold',
    )
  }

  line(row: Row): string {
    return this.#line(
      (column) => column.text(row),
      (column) => column.look?.(row),
    )
  }

  #line(
    textOf: (column: Column<Row>) => string,
    lookOf: (column: Column<Row>) => Look | undefined,
  ): string {
    const cells = this.#columns.map(({ column, width }, index) => {
      const text = this.#cuts ? cut(textOf(column), width) : textOf(column)
      const isLast = index === this.#columns.length - 1
      const padded = isLast && column.align === undefined ? text : pad(text, width, column.align)
      return paint(lookOf(column), padded)
    })
    return cells.join(GAP)
  }
}

interface FittedColumn<Row> {
  readonly column: Column<Row>
  width: number
  /** As wide as most rows need it: what goes beyond that is cut first. */
  readonly usual: number
}

/** The columns that there is room for, with their widths. */
function fit<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  room: number,
): readonly FittedColumn<Row>[] {
  let fitted = columns.map((column) => measure(column, rows))
  for (;;) {
    const least = fitted.map((it) => ({ ...it, width: Math.min(it.width, leastOf(it)) }))
    const dropped = columns.find((it) => it.isDropped && fitted.some(({ column }) => column === it))
    if (excessOf(least, room) <= 0 || dropped === undefined) break
    fitted = fitted.filter(({ column }) => column !== dropped)
  }
  for (let excess = excessOf(fitted, room); excess > 0; excess--) {
    const widest = farthestOut(fitted) ?? widestToCut(fitted)
    if (widest === undefined) break
    widest.width--
  }
  return fitted
}

function measure<Row>(column: Column<Row>, rows: readonly Row[]): FittedColumn<Row> {
  const widths = rows.map((row) => textWidth(column.text(row))).sort((a, b) => a - b)
  const usual = widths[Math.floor((widths.length - 1) * USUAL_SHARE)] ?? 0
  const { length } = column.title
  return { column, width: Math.max(widths.at(-1) ?? 0, length), usual: Math.max(usual, length) }
}

/** What a column may be cut to. */
function leastOf<Row>({ column: { cut }, usual, width }: FittedColumn<Row>): number {
  if (cut === undefined) return width
  return Math.max(cut.least, Math.min(usual, cut.usualUpTo ?? 0))
}

function excessOf<Row>(columns: readonly FittedColumn<Row>[], room: number): number {
  return columns.reduce((sum, { width }) => sum + width, GAP.length * (columns.length - 1)) - room
}

/** The column that a single long text has made wider than the others need it. */
function farthestOut<Row>(columns: readonly FittedColumn<Row>[]): FittedColumn<Row> | undefined {
  return columns
    .filter(({ column, width, usual }) => column.cut && width > usual)
    .sort((a, b) => b.width - b.usual - (a.width - a.usual))[0]
}

/** The column that has the most room for its worth; undefined when all are as narrow as can be. */
function widestToCut<Row>(columns: readonly FittedColumn<Row>[]): FittedColumn<Row> | undefined {
  const size = ({ column, width }: FittedColumn<Row>): number => width / (column.cut?.worth ?? 1)
  return columns
    .filter((it) => it.column.cut && it.width > leastOf(it))
    .sort((a, b) => size(b) - size(a))[0]
}
