import type { QueryResultRow } from 'pg'
import type { Statement } from './statement-run.ts'

/** Runs the statements of what a store keeps beside its agents, in the schema of a registry. */
export interface StoreDatabase {
  read<Row extends QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    options: { readonly lane: 'writes' },
  ): Promise<Row[]>
  write<Row extends QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Row[]>
}
