import { type Look, paint } from './terminal.ts'
import { cut, pad, textWidth } from './text-width.ts'

/** One column of a table. */
export interface Column<Row> {
  readonly title: string
  readonly text: (row: Row) => string
  readonly look?: (row: Row) => Look | undefined
  readonly align?: 'right'
  /** Where room is short, the column may be cut down to `least`, the later the more `worth` it is. */
  readonly cut?: { readonly least: number; readonly worth: number }
}

const GAP = '  '

/**
 * Lines of a table. Its columns are as wide as the first rows need, so that it can be printed while
 * the rest is still on its way.
 */
export class Table<Row> {
  readonly #columns: readonly Column<Row>[]
  readonly #widths: readonly number[]
  readonly #cuts: boolean

  /** @param room columns of the terminal; infinite: nothing is cut */
  constructor(columns: readonly Column<Row>[], firstRows: readonly Row[], room: number) {
    this.#columns = columns
    this.#cuts = room !== Number.POSITIVE_INFINITY
    this.#widths = fit(columns, firstRows, room)
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
    const cells = this.#columns.map((column, index) => {
      const width = this.#widths[index] ?? 0
      const text = this.#cuts ? cut(textOf(column), width) : textOf(column)
      const isLast = index === this.#columns.length - 1
      const padded = isLast && column.align === undefined ? text : pad(text, width, column.align)
      return paint(lookOf(column), padded)
    })
    return cells.join(GAP)
  }
}

function fit<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  room: number,
): readonly number[] {
  const widths = columns.map(({ title, text }) =>
    rows.reduce((width, row) => Math.max(width, textWidth(text(row))), title.length),
  )
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (columns.length - 1)) - room
  while (excess-- > 0) {
    const widest = widestToCut(columns, widths)
    if (widest === undefined) break
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return widths
}

/** The column that has the most room for its worth; undefined when all are as narrow as can be. */
function widestToCut<Row>(
  columns: readonly Column<Row>[],
  widths: readonly number[],
): number | undefined {
  const candidates = columns.flatMap((column, index) => {
    const width = widths[index] ?? 0
    return column.cut && width > column.cut.least ? [{ index, size: width / column.cut.worth }] : []
  })
  return candidates.sort((a, b) => b.size - a.size)[0]?.index
}
