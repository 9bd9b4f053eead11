import { paint, type Style } from './terminal.ts'
import { pad, textWidth, truncate } from './text-width.ts'

/** One column of a table. */
export interface Column<Row> {
  readonly title: string
  readonly text: (row: Row) => string
  readonly style?: (row: Row) => Style | undefined
  readonly align?: 'right'
  /** Allows truncation on a narrow terminal. A column with a higher priority is truncated later. */
  readonly shrink?: {
    readonly minWidth: number
    readonly priority: number
    /** Keeps the width that most rows need, up to this one. */
    readonly typicalUpTo?: number
  }
  /** Omitted if not all columns fit; the first such column is omitted first. */
  readonly isOptional?: true
}

const GAP = '  '
/** Share of rows whose text must fit before other columns are truncated for the longest texts. */
const TYPICAL_SHARE = 0.75

/**
 * Formats the lines of a table. The first rows determine the column widths, so that they can be
 * printed before the rest has arrived.
 */
export class Table<Row> {
  readonly #columns: readonly FittedColumn<Row>[]
  readonly #truncates: boolean

  /** @param maxWidth columns of the terminal; `Infinity` disables truncation */
  constructor(columns: readonly Column<Row>[], firstRows: readonly Row[], maxWidth: number) {
    this.#truncates = maxWidth !== Number.POSITIVE_INFINITY
    this.#columns = fit(columns, firstRows, maxWidth)
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
      (column) => column.style?.(row),
    )
  }

  #line(
    textOf: (column: Column<Row>) => string,
    styleOf: (column: Column<Row>) => Style | undefined,
  ): string {
    const cells = this.#columns.map(({ column, width }, index) => {
      const text = this.#truncates ? truncate(textOf(column), width) : textOf(column)
      const isLast = index === this.#columns.length - 1
      const padded = isLast && column.align === undefined ? text : pad(text, width, column.align)
      return paint(styleOf(column), padded)
    })
    return cells.join(GAP)
  }
}

interface FittedColumn<Row> {
  readonly column: Column<Row>
  width: number
  /** The width that most rows need; anything beyond is truncated first. */
  readonly typical: number
}

/** Returns the columns that fit, with their widths. */
function fit<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  maxWidth: number,
): readonly FittedColumn<Row>[] {
  let fitted = columns.map((column) => measure(column, rows))
  for (;;) {
    const minimal = fitted.map((it) => ({ ...it, width: Math.min(it.width, minWidthOf(it)) }))
    const dropped = columns.find(
      (it) => it.isOptional && fitted.some(({ column }) => column === it),
    )
    if (excessOf(minimal, maxWidth) <= 0 || dropped === undefined) break
    fitted = fitted.filter(({ column }) => column !== dropped)
  }
  for (let excess = excessOf(fitted, maxWidth); excess > 0; excess--) {
    const widest = widestOutlier(fitted) ?? widestToShrink(fitted)
    if (widest === undefined) break
    widest.width--
  }
  return fitted
}

function measure<Row>(column: Column<Row>, rows: readonly Row[]): FittedColumn<Row> {
  const widths = rows.map((row) => textWidth(column.text(row))).sort((a, b) => a - b)
  const typical = widths[Math.floor((widths.length - 1) * TYPICAL_SHARE)] ?? 0
  const { length } = column.title
  return { column, width: Math.max(widths.at(-1) ?? 0, length), typical: Math.max(typical, length) }
}

/** Returns the minimum width of a column. */
function minWidthOf<Row>({ column: { shrink }, typical, width }: FittedColumn<Row>): number {
  if (shrink === undefined) return width
  return Math.max(shrink.minWidth, Math.min(typical, shrink.typicalUpTo ?? 0))
}

function excessOf<Row>(columns: readonly FittedColumn<Row>[], maxWidth: number): number {
  return (
    columns.reduce((sum, { width }) => sum + width, GAP.length * (columns.length - 1)) - maxWidth
  )
}

/** Returns the column that exceeds its typical width the most. */
function widestOutlier<Row>(columns: readonly FittedColumn<Row>[]): FittedColumn<Row> | undefined {
  return columns
    .filter(({ column, width, typical }) => column.shrink && width > typical)
    .sort((a, b) => b.width - b.typical - (a.width - a.typical))[0]
}

/** Returns the widest column relative to its priority; undefined if none can shrink further. */
function widestToShrink<Row>(columns: readonly FittedColumn<Row>[]): FittedColumn<Row> | undefined {
  const size = ({ column, width }: FittedColumn<Row>): number =>
    width / (column.shrink?.priority ?? 1)
  return columns
    .filter((it) => it.column.shrink && it.width > minWidthOf(it))
    .sort((a, b) => size(b) - size(a))[0]
}
