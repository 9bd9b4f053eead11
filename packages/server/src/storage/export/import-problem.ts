import { RegistryError } from '../../domain/registry-error.ts'

/** Explains which line of an export cannot be imported. */
export function importProblem(line: number, why: string): RegistryError {
  return new RegistryError('STORAGE_UNUSABLE', `line ${line}: ${why}. Nothing was imported`)
}
