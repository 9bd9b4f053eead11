import { RegistryError } from './registry-error.ts'

/**
 * Rejects unpaired surrogates: UTF-8 cannot hold them, so they would come back changed.
 *
 * @param pointer a JSON pointer to the text
 */
export function requireWellFormed(pointer: string, text: string): void {
  if (text.isWellFormed()) return
  throw new RegistryError('INVALID_REGISTRATION', 'contains an unpaired surrogate', { pointer })
}
